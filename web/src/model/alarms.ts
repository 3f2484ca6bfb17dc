// What is not normal, in the order in which it needs somebody: first-out, then what is unacknowledged, then the rest.
import type { Cause, Due, Shelved, State, Station } from "./contract";
import { isAway, presence } from "./stations";
import { causeText } from "./words";

export type AlarmState = "unacknowledged" | "acknowledged" | "returned" | "abnormal" | "shelved" | "out of service";
export type Tone = "trip" | "warn" | "todo" | "plain";

export interface Alarm {
  key: string;
  source: string;
  title: string;
  detail: string;
  consequence: string;
  next: string;
  state: AlarmState;
  tone: Tone;
  firstOut: boolean;
  at: string | null;
  mayShelve: boolean;          // no cause ever, and nothing that is not confirmed
  shelved: Shelved | null;
}

const advice: Record<string, string> = {
  link_lost: "Bring its peer back; the link comes back by itself.",
  link_frozen: "Find out why the peer answers but its values stand still.",
  limit: "Bring the value back inside its limits.",
  sensor_fault: "Check the sensor and its wiring.",
  output_failed: "Look at the hardware now: it may still be energised. Cut the power by hand.",
  power_lost: "Look at the command station.",
  device_fault: "Look at the device.",
  button_press: "Release the button, or mend its wire.",
  guard_lost: "Wait: it is started again by itself. Until then cut by hand if in doubt.",
  supervisor_lost: "Wait until the supervisor's watches have spoken.",
  operator_command: "Ask who stopped it, and why.",
};

const sameCause = (a: Cause | null, b: Cause): boolean =>
  a !== null && a.source === b.source && a.code === b.code;

function causeAlarm(state: State, cause: Cause, firstOut: boolean): Alarm {
  const present = cause.present !== false;
  const alarm: AlarmState = present ? (state.acknowledged ? "acknowledged" : "unacknowledged") : "returned";
  return {
    key: `cause ${cause.source} ${cause.code}`,
    source: cause.source,
    title: `${cause.source || "Standstill"} ${causeText(cause.code)}`,
    detail: cause.detail,
    consequence: present ? "Outputs stay safe; reset is refused while this lasts." : "It is gone, and still latched.",
    next: present
      ? (advice[cause.code] ?? "Mend it, or wait until it is gone.")
      : state.acknowledged ? "Reset when the recovery list is done." : "Look at the plant, then acknowledge.",
    state: alarm,
    tone: alarm === "unacknowledged" ? "trip" : "warn",
    firstOut,
    at: cause.at,
    mayShelve: false,
    shelved: null,
  };
}

const order: AlarmState[] = ["unacknowledged", "acknowledged", "returned", "abnormal", "shelved", "out of service"];

// What only warns may be put aside. An alert that fails may not: whoever puts it aside is told nothing any more.
function aside(state: State, source: string): Pick<Alarm, "mayShelve" | "shelved"> & Partial<Alarm> {
  const shelved = (state.shelved ?? []).find((one) => one.source === source) ?? null;
  if (shelved === null) return { mayShelve: !source.startsWith("alert "), shelved };
  return { mayShelve: true, shelved, state: shelved.state === "shelved" ? "shelved" : "out of service", tone: "plain" };
}

// Put aside, and nothing is the matter with it now: it would say nothing if something came.
export const quietlyShelved = (state: State, list: Alarm[]): Shelved[] =>
  (state.shelved ?? []).filter((one) => !list.some((alarm) => alarm.shelved?.source === one.source));

function warningWords(watch: string): Pick<Alarm, "title" | "consequence" | "next"> {
  if (watch.startsWith("alert "))
    return { title: `${watch} fails`, consequence: "Nobody is told by it.", next: "Mend it, then test it: the button under Who is told, or standstill alert test." };
  return { title: `${watch} is abnormal`, consequence: "Nothing is cut yet; beyond the limit it trips.",
    next: "Find out why before it reaches the limit." };
}

function stationAlarm(state: State, one: Station): Pick<Alarm, "title" | "detail" | "consequence" | "next"> | null {
  if (isAway(one))
    return { title: `Station ${one.instance} is ${presence(one) === "silent" ? "silent" : "not there"}`,
      detail: presence(one) === "silent" ? "Nothing has been heard of it for five seconds." : "Nothing has been heard of it yet.",
      consequence: "It would not hear a stop by the bus; without a bus it stops by itself.", next: "Look whether it is safe, and at its power and cable." };
  if (state.state === "tripped" && presence(one) !== "left" && one.confirmed_epoch < state.epoch)
    return { title: `Station ${one.instance} has not confirmed the stop`, detail: `It is heard, and has not said that it is safe in epoch ${state.epoch}.`,
      consequence: "It may still be energised.", next: "Look at it now." };
  return null;
}

// `due`: the outputs whose proof test is overdue.
export function alarms(state: State, due: Due[] = []): Alarm[] {
  const list: Alarm[] = [];
  const open = state.state === "tripped" ? state.causes : state.causes.filter((cause) => cause.present);
  const first = state.state === "tripped" ? state.first_out : null;
  if (first !== null && !open.some((cause) => sameCause(first, cause)))
    list.push(causeAlarm(state, { ...first, present: false }, true));
  for (const cause of open) list.push(causeAlarm(state, cause, sameCause(first, cause)));
  for (const output of state.outputs)
    if (output.readback === "failed")
      list.push({
        key: `output ${output.id}`, source: output.id, title: `${output.id} is not confirmed`,
        detail: "Its read-back contradicts the command.", consequence: "It may still be energised.",
        next: "Look at it now. Cut the power by hand.", state: state.acknowledged ? "acknowledged" : "unacknowledged",
        tone: "trip", firstOut: false, at: null, mayShelve: false, shelved: null,
      });
  for (const warning of state.warnings ?? [])
    list.push({
      key: `warning ${warning.watch}`, source: warning.watch, ...warningWords(warning.watch),
      detail: warning.detail, state: "abnormal", tone: "warn", firstOut: false, at: null,
      ...aside(state, warning.watch),
    });
  for (const one of due)
    list.push({
      key: `due ${one.output}`, source: one.output, title: `The proof test of ${one.output} is overdue`,
      detail: one.last_passed === null ? "It has never passed one." : "Its last one is too long ago.",
      consequence: "Nobody knows whether it still cuts.", next: "Run it when the plant may be stopped: Tests and drills.",
      state: "abnormal", tone: "warn", firstOut: false, at: one.due, ...aside(state, one.output),
    });
  for (const station of state.stations ?? []) {
    const words = stationAlarm(state, station);
    if (words !== null)
      list.push({ key: `station ${station.instance}`, source: station.instance, ...words, state: "abnormal", tone: "warn",
        firstOut: false, at: null, mayShelve: false, shelved: null });
  }
  for (const link of state.links)
    if (link.state !== "online" && !open.some((cause) => cause.source === link.id))
      list.push({
        key: `link ${link.id}`, source: link.id, title: `${link.id} is ${link.state}`,
        detail: link.last_error ?? (link.state === "closed" ? "Its peer said goodbye." : "No answer yet."),
        consequence: link.state === "closed" ? "A goodbye is no emergency; start is refused until it is back."
                                             : "What it tells is not known.",
        next: link.state === "closed" ? "Start the peer again." : "Wait, or look at its peer and cable.",
        state: "abnormal", tone: "warn", firstOut: false, at: link.since, ...aside(state, link.id),
      });
  const rank = (one: Alarm): number =>
    one.firstOut ? 0 : order.indexOf(one.state) + 1;
  return list.map((one, index) => ({ one, index })).sort((a, b) => rank(a.one) - rank(b.one) || a.index - b.index)
    .map(({ one }) => one);
}

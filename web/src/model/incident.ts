// The black box as one time axis: every event in ms from the trip, in lanes, and where the time went.
import type { JournalEvent, Output } from "./contract";

export type LaneKind = "link" | "watch" | "permit" | "latch" | "output" | "record";

export interface Mark {
  ms: number;           // from the trip
  event: JournalEvent;
  tone: "bad" | "good" | "plain";
  word: string;
}

export interface Lane {
  kind: LaneKind;
  name: string;
  marks: Mark[];
}

export interface Step {
  word: "detected" | "decided" | "commanded" | "confirmed";
  ms: number;
  lane: string;
}

export interface Incident {
  epoch: number;
  trip: JournalEvent | null;
  events: (JournalEvent & { ms: number })[];
  lanes: Lane[];
  path: Step[];
}

const laneOrder: LaneKind[] = ["link", "watch", "permit", "latch", "output", "record"];

const laneOfKind: Record<string, LaneKind> = {
  link: "link", cause: "watch", cause_gone: "watch", warning: "watch", trip: "latch", ack: "latch", reset: "latch",
  start: "latch", eased: "latch", refused: "latch", latch_not_written: "latch", stage: "output",
  output_commanded: "output", output_confirmed: "output", output_failed: "output", escalated: "output",
  supervisor_connected: "permit", supervisor_gone: "permit", guard_started: "permit", guard: "permit",
  cutter_lost: "permit", cutter_started: "permit", supervisor: "permit", proof: "output", watchdog: "permit",
};

const bad = new Set(["trip", "cause", "output_failed", "escalated", "cutter_lost", "supervisor_gone", "refused",
  "latch_not_written", "warning"]);
const good = new Set(["cause_gone", "output_confirmed", "supervisor_connected", "cutter_started", "ack", "reset",
  "start"]);

const boot = (event: JournalEvent): string => event.boot_id.split("/")[0] ?? "";

// Within one boot of the machine the boot clock counts; the wall clock may jump and is used only across boots.
export function millisecondsBetween(from: JournalEvent, to: JournalEvent): number {
  return boot(from) === boot(to) && from.boot_ns > 0 && to.boot_ns > 0
    ? (to.boot_ns - from.boot_ns) / 1e6
    : (to.wall_ns - from.wall_ns) / 1e6;
}

const laneName = (event: JournalEvent, kind: LaneKind): string => {
  if (kind === "latch") return "latch";
  if (kind === "permit") return event.kind.startsWith("cutter") ? "cutters" : "guard and permit";
  if (kind === "record") return "record and tell";
  return event.source || event.kind;
};

function toneOf(event: JournalEvent): Mark["tone"] {
  if (event.kind === "link")
    return event.code === "online" ? "good" : ["lost", "silent", "suspended"].includes(event.code) ? "bad" : "plain";
  return bad.has(event.kind) ? "bad" : good.has(event.kind) ? "good" : "plain";
}

export const eventWord = (event: JournalEvent): string =>
  event.kind === "link" || event.kind === "snapshot" || event.kind === "alert"
    ? `${event.kind} ${event.code}`
    : event.kind.replaceAll("_", " ");

// What belongs to an incident however late it came: who released it, and what else was wrong.
const lasting = (event: JournalEvent & { ms: number }, trip: JournalEvent): boolean =>
  event.epoch === trip.epoch && event.ms >= 0 && ["ack", "reset", "start", "refused", "cause", "cause_gone"].includes(event.kind);

// `unproved`: outputs that nothing measures; what is said to be done there proves nothing.
// `before`, `after`: the window around the trip, ms.
export function incident(all: JournalEvent[], epoch: number, unproved: string[] = [], before = 10_000, after = 60_000): Incident {
  const trip = all.find((event) => event.kind === "trip" && event.epoch === epoch) ?? null;
  if (trip === null) return { epoch, trip, events: [], lanes: [], path: [] };
  const nothing = (event: JournalEvent): boolean => event.kind === "output_confirmed" && unproved.includes(event.source);
  const events = all.map((event) => ({ ...event, detail: nothing(event) ? "carried out; nothing measures it" : event.detail, ms: millisecondsBetween(trip, event) }))
    .filter((event) => (event.ms >= -before && event.ms <= after) || lasting(event, trip)).sort((a, b) => a.ms - b.ms || a.id - b.id);
  const lanes = new Map<string, Lane>();
  for (const event of events) {
    const kind = laneOfKind[event.kind] ?? "record";
    const name = laneName(event, kind);
    const lane = lanes.get(`${kind} ${name}`) ?? { kind, name, marks: [] };
    lane.marks.push({ ms: event.ms, event, tone: nothing(event) ? "plain" : toneOf(event), word: nothing(event) ? "output carried out" : eventWord(event) });
    lanes.set(`${kind} ${name}`, lane);
  }
  const sorted = [...lanes.values()].sort((a, b) => laneOrder.indexOf(a.kind) - laneOrder.indexOf(b.kind) ||
    a.name.localeCompare(b.name));
  return { epoch, trip, events, lanes: sorted, path: path(events, trip, unproved) };
}

// Detected → decided → commanded → confirmed: the last output counts, because the plant is safe when all are.
function path(events: (JournalEvent & { ms: number })[], trip: JournalEvent, unproved: string[]): Step[] {
  const next = events.find((event) => event.ms > 0 && (event.kind === "start" || event.kind === "reset"))?.ms ?? Infinity;
  const within = events.filter((event) => event.ms < next);
  const steps: Step[] = [];
  const first = within.find((event) => event.ms <= 0 && event.ms > -1000 && event.source === trip.source &&
    (event.kind === "cause" || (event.kind === "link" && event.code === "lost")));
  steps.push({ word: "detected", ms: Math.min(first?.ms ?? 0, 0), lane: trip.source });
  steps.push({ word: "decided", ms: 0, lane: "latch" });
  for (const [word, kind] of [["commanded", "output_commanded"], ["confirmed", "output_confirmed"]] as const) {
    const last = within.filter((event) => event.kind === kind && event.ms >= -100 &&
      (word !== "confirmed" || !unproved.includes(event.source))).at(-1);
    if (last !== undefined) steps.push({ word, ms: last.ms, lane: last.source });
  }
  return steps.sort((a, b) => a.ms - b.ms);
}

export interface Taken {
  id: string;
  commanded: number | null;   // ms from the trip; null: the journal does not say
  confirmed: number | null;
  budget: number | null;      // by when it has to be confirmed, as the configuration states it; null: nothing proves it
  verdict: "within" | "late" | "not confirmed" | "not measured";
}

// Each output against its budget. The budget is of the configuration that runs now.
export function against(one: Incident, outputs: Output[]): Taken[] {
  const next = one.events.find((event) => event.ms > 0 && (event.kind === "start" || event.kind === "reset"))?.ms ?? Infinity;
  const at = (kind: string, id: string): number | null =>
    one.events.find((event) => event.kind === kind && event.source === id && event.ms >= -100 && event.ms < next)?.ms ?? null;
  return outputs.map((output) => {
    const budget = output.budget_ms ?? null;
    const confirmed = budget === null ? null : at("output_confirmed", output.id);
    return {
      id: output.id, commanded: at("output_commanded", output.id), confirmed, budget,
      verdict: budget === null ? "not measured" : confirmed === null ? "not confirmed" : confirmed <= budget ? "within" : "late",
    };
  });
}

// What the drawing shows: from what was noticed until everything was confirmed, and a little around it.
export function windowOf(one: Incident): { from: number; to: number } {
  const end = Math.max(0, ...one.path.map((step) => step.ms));
  const first = Math.min(-0.2 * end, ...one.path.map((step) => step.ms));
  return { from: first, to: Math.max(end * 1.4, end + 4) };
}

// Round numbers for the axis, with zero among them.
export function ticks(from: number, to: number, about = 8): number[] {
  const raw = (to - from) / about || 1;
  const size = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((one) => one * size).find((one) => one >= raw) ?? raw;
  const made: number[] = [];
  for (let i = Math.ceil(from / step); i * step <= to; ++i) made.push(Math.round(i * step * 1000) / 1000);
  return made;
}

// A locomotive on its telemetry line: is it well, how far has its shutdown come, how is it set up.
import { useEffect, useState } from "preact/hooks";
import type { EngineTold, EngineVariable, State } from "../model/contract";
import { countdown, defaultText, gauges, logLine, part, rangeText, valueText, wakefulness, wrongValue, type Gauge } from "../model/engine";
import { durationText, numberText } from "../model/words";
import { inWords, post, Refused } from "../net/api";
import { mayRelease, session } from "../net/session";
import { tagKey, tags } from "../net/tags";
import { useLoaded } from "../parts/load";
import { Age, Chip, Note, Panel, Table } from "../parts/pieces";
import { SignIn } from "../parts/sign_in";
import { Quality, Sparkline, ValueText } from "../parts/values";
import { go } from "../route";
import { useStore } from "../store";

interface Said {
  ok: boolean;
  title: string;
  lines: string[];
}

const sent = async (path: string, body: unknown, done: (answer: { answer?: string }) => string): Promise<Said> => {
  try {
    return { ok: true, title: done(await post<{ answer?: string }>(path, body)), lines: [] };
  } catch (error) {
    return { ok: false, title: inWords(error), lines: error instanceof Refused ? error.reasons : [] };
  }
};

export function Locomotive({ state, link }: { state: State; link: string }) {
  const engines = state.links.filter((one) => one.kind === "loco").map((one) => one.id);
  const id = engines.includes(link) ? link : (engines[0] ?? "");
  if (id === "") return <p>This plant has no link of kind loco.</p>;
  return (
    <div class="wide">
      <div class="view-head">
        <h1>Locomotive {id}</h1>
        {engines.length > 1 && (
          <label>Another one{" "}
            <select value={id} onChange={(event) => go(`locomotive/${event.currentTarget.value}`)}>
              {engines.map((one) => <option value={one} key={one}>{one}</option>)}
            </select>
          </label>
        )}
      </div>
      <One key={id} id={id} />
    </div>
  );
}

function One({ id }: { id: string }) {
  const list = useStore(tags);
  // What changes with its state is asked for at once.
  const turn = list.filter((one) => one.link === id && ["tripped", "running", "epoch"].includes(one.name)).map((one) => one.value).join();
  const told = useLoaded<EngineTold>(`api/v1/engines/${id}`, 1000, turn);
  const engine = told.value;
  // The line answers also for an engine that says no values any more: the last ones are not the present ones.
  const awake = engine === null || wakefulness(engine) === "awake";
  const believed = awake ? list : list.map((one) => (one.link === id && one.quality === "good" ? { ...one, quality: "stale" } : one));
  return (
    <>
      {told.trouble !== "" && <Note tone="warn" title={told.trouble} />}
      <Now id={id} engine={engine} again={told.again} />
      {engine?.shutdown && <Shutdown engine={engine} shutdown={engine.shutdown} at={told.at ?? Date.now()} />}
      <Panel title="Values and limits" name="gauges">
        <Table label={`Values of ${id}`} head={["What", "Value", "Against its limit", "Limit", "Five minutes", "Read"]}>
          {gauges(id, believed, engine?.variables ?? []).map((one) => <GaugeRow one={one} key={one.name} />)}
        </Table>
      </Panel>
      {engine !== null && <Variables id={id} engine={engine} again={told.again} />}
      <Log lines={engine?.log ?? []} />
    </>
  );
}

const looks = {
  running: { tone: "plain", shape: "running", word: "running" }, ready: { tone: "plain", shape: "ready", word: "ready" },
  tripped: { tone: "trip", shape: "tripped", word: "tripped" },
} as const;

function Now({ id, engine, again }: { id: string; engine: EngineTold | null; again: () => void }) {
  const [said, setSaid] = useState<Said | null>(null);
  const how = engine === null ? "unknown" : wakefulness(engine);
  const look = how === "awake" && engine?.state ? looks[engine.state] : how === "asleep" ? { tone: "plain", shape: "off", word: "asleep" } as const : null;
  const stop = async (): Promise<void> => {
    setSaid(await sent(`api/v1/engines/${id}/stop`, {}, () => "The stop was sent. That it stopped is what its state and its speed say."));
    again();
  };
  return (
    <Panel title="State" name="engine-state" extra={look
      ? <Chip tone={look.tone} shape={look.shape}>{look.word}</Chip>
      : <Chip tone="warn" shape="unknown">{engine === null ? "not asked yet" : "not heard: its state is unknown"}</Chip>}>
      {engine !== null && (how === "asleep"
        ? <p data-testid="engine-reason">{engine.reason}. It answers, and says no values any more: only a power cycle wakes it.</p>
        : how === "awake" ? <p data-testid="engine-reason">{engine.state === "tripped" ? engine.reason : `Epoch ${engine.epoch}.`}</p>
        : <p>Its line is {engine.line}{engine.heard_ms !== null && <>, and it was last heard {durationText(engine.heard_ms)} ago</>}.
            {engine.reason !== "" && <> The last it said of its state: {engine.reason}.</>}</p>)}
      <p class="actions">
        <button type="button" onClick={() => void stop()}>Stop this engine</button>
        <span class="soft">Heaters off, regulator closed, at once. It needs no sign-in. Commanding speed 0, and then a speed, gets it going again.</span>
      </p>
      {said !== null && <Note tone={said.ok ? "ok" : "trip"} title={said.title} lines={said.lines} />}
    </Panel>
  );
}

// The engine runs its shutdown by itself; this counts along, from when its trip was heard.
function Shutdown({ engine, shutdown, at }: { engine: EngineTold; shutdown: NonNullable<EngineTold["shutdown"]>; at: number }) {
  const [now, tick] = useState(Date.now());
  const { stages, over } = countdown(shutdown, now - at);
  useEffect(() => {
    if (over) return undefined;
    const timer = setInterval(() => tick(Date.now()), 250);
    return () => clearInterval(timer);
  }, [over]);
  const silent = wakefulness(engine) !== "awake";
  return (
    <Panel title="Its shutdown" name="shutdown" extra={<span class="soft">{engine.reason}</span>}>
      <ol class="rows" data-testid="shutdown">
        {stages.map((one) => (
          <li key={one.what}>
            <span class="row-name plain-name">{one.what}</span>
            <span class="value number">{one.left === 0 ? `at ${(one.at / 1000).toFixed(1)} s` : `in ${one.atMost ? "at most " : ""}${(one.left / 1000).toFixed(1)} s`}</span>
            <Chip tone="plain" shape={one.left === 0 ? "ok" : "off"}>{one.left === 0 ? "due" : "to come"}</Chip>
          </li>
        ))}
      </ol>
      <p class="soft">
        {over
          ? silent ? "It says no values any more, as it should once it is asleep. Only a power cycle wakes it." : "It should be asleep now, and was heard a moment ago."
          : "Due times are the engine's own, counted from when its trip was heard."}
      </p>
    </Panel>
  );
}

function GaugeRow({ one }: { one: Gauge }) {
  const good = one.tag.quality === "good" && one.tag.value !== null;
  const words = good && one.limit !== null ? `${numberText(one.tag.value)} of ${numberText(one.limit)} ${one.tag.unit}` : "";
  return (
    <tr data-gauge={one.name}>
      <th scope="row">{one.title}</th>
      <td class="right"><ValueText tag={one.tag} /> {!good && <Quality tag={one.tag} />}</td>
      <td>
        <svg class={`gauge ${one.over ? "over" : ""}`} viewBox="0 0 200 16" preserveAspectRatio="none" role="img" aria-label={words === "" ? "no limit to compare with" : words}>
          <rect class="frame" x="0" y="3" width="200" height="10" />
          {good && <rect class="fill" x="0" y="3" width={200 * part(one, one.tag.value!)} height="10" />}
          {one.limit !== null && <line class="limit" x1={200 * part(one, one.limit)} x2={200 * part(one, one.limit)} y1="0" y2="16" />}
        </svg>
        {one.over && <Chip tone="trip" shape="bad">at its limit</Chip>}
      </td>
      <td class="number">{one.limitName === "" ? <span class="soft">none</span> : one.limit === null ? <span class="soft">{one.limitName}, not read yet</span> : <>{numberText(one.limit)}<span class="unit"> {one.tag.unit} ({one.limitName})</span></>}</td>
      <td><Sparkline name={tagKey(one.tag)} /></td>
      <td><Age at={one.tag.at} /></td>
    </tr>
  );
}

function Variables({ id, engine, again }: { id: string; engine: EngineTold; again: () => void }) {
  const who = useStore(session);
  const [changing, change] = useState<number | null>(null);
  const [said, setSaid] = useState<Said | null>(null);
  const may = mayRelease(who) && engine.refusal === null;
  const write = async (one: EngineVariable, text: string): Promise<void> => {
    setSaid(await sent(`api/v1/engines/${id}/variables`, { cv: one.cv, value: text }, (answer) => answer.answer ?? "Written."));
    change(null);
    again();
  };
  const unread = engine.variables.filter((one) => !one.known && !one.read_only).length;
  return (
    <Panel title="Configuration variables" name="variables" extra={unread > 0 && <span class="soft number">{unread} not read yet</span>}>
      <SignIn />
      {engine.refusal !== null && <Note tone="todo" title="They can be read, and not be written now." lines={[engine.refusal]} />}
      <p class="soft">What is written is read back from the engine and holds at once. Who wrote what stands in the journal.</p>
      {said !== null && <Note tone={said.ok ? "ok" : "warn"} title={said.title} lines={said.lines} />}
      <Table label={`Configuration variables of ${id}`} head={["CV", "Name", "Value", "Takes", "Default", "Change"]}>
        {engine.variables.map((one) => (
          <tr key={one.cv} data-cv={one.cv} class={changing === one.cv ? "now" : ""}>
            <td class="number">{one.cv}</td>
            <th scope="row">{one.name}<div class="soft does">{one.does}</div></th>
            <td class="right number"><span class={one.known ? "" : "soft"}>{valueText(one)}</span><span class="unit">{one.value !== null && one.unit !== "" && ` ${one.unit}`}</span></td>
            <td class="number">{rangeText(one)}</td>
            <td class="number">{defaultText(one)}</td>
            <td>
              {one.read_only
                ? <span class="soft">no</span>
                : changing === one.cv
                  ? <Change one={one} may={may} write={(text) => void write(one, text)} leave={() => change(null)} />
                  : <button type="button" class="small" disabled={!may || one.value === null} aria-label={`Change CV${one.cv}, ${one.name}`} onClick={() => (setSaid(null), change(one.cv))}>Change</button>}
            </td>
          </tr>
        ))}
      </Table>
    </Panel>
  );
}

function Change({ one, may, write, leave }: { one: EngineVariable; may: boolean; write: (text: string) => void; leave: () => void }) {
  const [typed, type] = useState(valueText(one));
  const wrong = wrongValue(one, typed);
  const same = wrong === "" && one.value !== null && Number(typed) === one.value;
  return (
    <form class="change" aria-label={`CV${one.cv}`} onSubmit={(event) => (event.preventDefault(), wrong === "" && write(typed.trim()))}>
      <input inputMode="decimal" aria-label={`New value of CV${one.cv}, ${rangeText(one)}`} aria-invalid={wrong !== ""} value={typed} maxLength={10}
        ref={(input) => void (input && document.activeElement !== input && !input.dataset.begun && ((input.dataset.begun = "1"), input.focus()))}
        onInput={(event) => type(event.currentTarget.value)} />
      <button type="submit" class="small primary" disabled={!may || wrong !== "" || same}>Write it</button>
      <button type="button" class="small" onClick={leave}>Leave it</button>
      {wrong !== "" && <span class="soft" role="status">{wrong}</span>}
    </form>
  );
}

function Log({ lines }: { lines: string[] }) {
  if (lines.length === 0) return <Panel title="Log of its last shutdown" name="engine-log"><p class="soft">None was heard. An engine keeps the log of its last shutdown over a power cycle, and says it when it is heard again.</p></Panel>;
  const [head, ...events] = lines.map(logLine);
  return (
    <Panel title="Log of its last shutdown" name="engine-log">
      <p class="lead">{head!.what}</p>
      {events.length > 0 && <Table label="Log of the last shutdown" head={["s since power-up", "What", "Of", "Detail"]}>
        {events.map((one, index) => (
          <tr key={index} class={one.what === "trip" ? "now" : ""}>
            <td class="number right">{one.seconds === null ? "" : one.seconds.toFixed(2)}</td><td>{one.what}</td><td>{one.where}</td><td>{one.detail}</td>
          </tr>
        ))}
      </Table>}
    </Panel>
  );
}

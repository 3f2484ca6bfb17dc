// What happened, for somebody who was not there: the first cause, where the time went, every event, and files to hand on.
import { secures, type JournalEvent, type State } from "../model/contract";
import { coursePath, valueAt, valuesBefore, type BeforeValue, type Snapshot } from "../model/before";
import { incidentCsv, incidentJson, save } from "../model/export";
import { against, incident, type Incident as Story, type Taken } from "../model/incident";
import { causeSentence, dayText, durationText, fromTrip, momentText, numberText, plural, tenthsText, unitText } from "../model/words";
import { useLoaded } from "../parts/load";
import { Chip, Moment, Note, Panel, Table } from "../parts/pieces";
import { Timeline } from "../parts/timeline";
import { qualityWord } from "../parts/values";
import { useNow } from "../clock";
import { go } from "../route";

type Events = { events: JournalEvent[] };
type SnapshotEntryList = { snapshots: { id: string; epoch: number; kind: string; at: string }[] };

export function Incident({ state, epoch: asked }: { state: State; epoch: number | null }) {
  const epoch = asked ?? state.epoch;
  const busy = epoch === state.epoch && state.state === "tripped" ? 2000 : 0;
  const own = useLoaded<Events>(`api/v1/journal?epoch=${epoch}&after=0&limit=5000`, busy);   // from its beginning: a plant may run for months in one epoch
  const before = useLoaded<Events>(epoch > 1 ? `api/v1/journal?epoch=${epoch - 1}&limit=2000` : null);
  const snapshots = useLoaded<SnapshotEntryList>("api/v1/snapshots", busy);
  const found = snapshots.value?.snapshots.find((one) => one.epoch === epoch && one.kind === "emergency");
  const events = [...(before.value?.events ?? []), ...(own.value?.events ?? [])];
  const unproved = state.outputs.filter((one) => secures(one) && one.readback === "none").map((one) => one.id);
  const story = incident(events, epoch, unproved);
  const epochs = [...new Set([state.epoch, ...(snapshots.value?.snapshots ?? []).map((one) => one.epoch)])].sort((a, b) => b - a);
  return (
    <div class="narrow">
      <div class="view-head">
        <h1>{state.site}: incident of epoch {epoch}{story.trip !== null && <span class="print-only">, {dayText(story.trip.at)}</span>}</h1>
        <label class="no-print">Another one{" "}
          <select value={String(epoch)} onChange={(event) => go(`incident/${event.currentTarget.value}`)}>
            {epochs.map((one) => <option value={String(one)} key={one}>epoch {one}</option>)}
          </select>
        </label>
      </div>
      {own.trouble !== "" && <Note tone="warn" title={own.trouble} />}
      {story.trip === null
        ? <p>{own.value === null ? "Reading the journal." : `The journal holds no trip of epoch ${epoch}.`}</p>
        : <Told story={story} state={state} snapshot={found?.id ?? null} unproved={unproved} />}
    </div>
  );
}

const printedEvents = 16;
const printedLines = 4;   // of causes, and of who released it

function Told({ story, state, snapshot, unproved }: { story: Story; state: State; snapshot: string | null; unproved: string[] }) {
  const now = useNow();
  const trip = story.trip!;
  const held = useLoaded<Snapshot>(snapshot === null ? null : `api/v1/snapshots/${snapshot}`);
  const layouts = state.links.filter((one) => one.kind === "rocrail").map((one) => one.id);
  const onPaper = new Set([...story.events].sort((a, b) => Math.abs(a.ms) - Math.abs(b.ms)).slice(0, printedEvents).map((one) => one.id));
  const values = valuesBefore(held.value ?? {}, trip.wall_ns / 1e6, layouts, trip.source.split(".")[0] ?? "");
  const name = `incident-${state.site}-epoch-${story.epoch}`;
  const causes = story.events.filter((one) => one.epoch === story.epoch && (one.kind === "cause" || one.kind === "trip"));
  return (
    <>
      <p class="lead" data-testid="first-out">{causeSentence(trip)}</p>
      <p class="no-print actions">
        <button type="button" onClick={() => save(`${name}.json`, "application/json", incidentJson(story, { site: state.site, snapshot, values }))}>Save as JSON</button>
        <button type="button" onClick={() => save(`${name}.csv`, "text/csv", incidentCsv(story, values))}>Save as CSV</button>
        <button type="button" onClick={() => print()}>One-page report</button>
      </p>
      <Panel title="Where the time went" name="where">
        <ol class="path-words number">
          {story.path.map((step) => <li key={step.word}><strong>{step.word}</strong> {fromTrip(step.ms)} <span class="soft">{step.lane}</span></li>)}
        </ol>
        {!story.path.some((step) => step.word === "confirmed") && <Note tone="todo" title="No output was confirmed by a read-back in this incident." />}
        {unproved.length > 0 && <Note tone="todo" title={`Nothing measures ${unproved.join(", ")}: that it went safe was commanded, and is not proved.`} />}
        <Timeline one={story} />
        <Budget list={against(story, state.outputs.filter(secures))} />
        <p class="soft legend">Squares: something went wrong. Diamonds: something came right. The line leads from what was noticed to the last output that was proved safe.</p>
      </Panel>
      {snapshot !== null && <AtTheTrip list={values} id={snapshot} loaded={held.value !== null} />}
      {causes.length > 1 && (
        <Panel title="Causes, in their order" name="causes">
          <ol>{causes.map((one, index) => (
            <li key={one.id} class={index < printedLines ? "" : "no-print"}>{index === 0 && <strong>First-out: </strong>}{one.source}: {one.detail} <span class="soft number">{durationText(one.ms)}</span></li>
          ))}</ol>
        </Panel>
      )}
      <Released story={story} />
      <Panel title="Every event" name="events">
        <Table label="Every event of the incident" head={["ms", "Time", "What", "Source", "Detail"]}>
          {story.events.map((one) => (
            <tr key={one.id} class={`${one.kind === "trip" ? "now" : ""} ${onPaper.has(one.id) ? "" : "no-print"}`}>
              <td class="number right">{tenthsText(one.ms)}</td>
              <td class="number">{momentText(one.at, now)}</td>
              <td>{one.kind === "output_confirmed" && unproved.includes(one.source) ? "output carried out" : `${one.kind.replaceAll("_", " ")} ${one.code}`}</td>
              <td>{one.source}</td>
              <td>{one.detail}</td>
            </tr>
          ))}
        </Table>
        <p class="print-only">At most 6 values and the {printedEvents} events nearest to the trip are printed; the files have all of them, {story.events.length} events.</p>
      </Panel>
    </>
  );
}

const verdicts: Record<Taken["verdict"], { tone: "plain" | "ok" | "warn" | "trip" | "todo"; shape: "ok" | "bad" | "todo" }> = {
  within: { tone: "ok", shape: "ok" }, late: { tone: "trip", shape: "bad" },
  "not confirmed": { tone: "trip", shape: "bad" }, "not measured": { tone: "todo", shape: "todo" },
};

function Budget({ list }: { list: Taken[] }) {
  const ms = (value: number | null): string => (value === null ? "–" : durationText(value));
  return (
    <Table label="Each output against its budget" head={["Output", "Commanded after", "Confirmed after", "Allowed", "Verdict"]}>
      {list.map((one) => (
        <tr key={one.id} data-budget={one.id}>
          <th scope="row">{one.id}</th>
          <td class="number">{ms(one.commanded)}</td>
          <td class="number">{ms(one.confirmed)}</td>
          <td class="number">{ms(one.budget)}</td>
          <td><Chip {...verdicts[one.verdict]}>{one.verdict}</Chip></td>
        </tr>
      ))}
    </Table>
  );
}

const looksBack = [60_000, 10_000];

function AtTheTrip({ list, id, loaded }: { list: BeforeValue[]; id: string; loaded: boolean }) {
  const shown = (value: number | null | undefined): string => (value === undefined ? "" : value === null ? "not known" : numberText(value));
  return (
    <Panel title="Values before the trip" name="at-trip" extra={<a class="no-print" href="#/layout">Layout, then and now</a>}>
      {list.length === 0 ? <p class="soft">{loaded ? `The snapshot ${id} holds no values of meters, PLCs, sensors or engines.` : "Reading the snapshot."}</p> : (
        <>
          <Table label="Each value, up to the trip" head={["Link", "Name", "One minute, up to the trip", "60 s before", "10 s before", "At the trip", "Quality"]}>
            {list.map((one) => (
              <tr key={one.link + one.name}>
                <td>{one.link}</td><th scope="row">{one.name}</th>
                <td><svg class="spark wide-spark" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true"><path d={coursePath(one.samples)} /></svg></td>
                {looksBack.map((ms) => <td class="number right" key={ms}>{shown(valueAt(one, ms))}</td>)}
                <td class="number right">{numberText(one.atTrip)}<span class="unit">{unitText(one.unit)}</span></td>
                <td>{qualityWord(one.quality)}</td>
              </tr>
            ))}
          </Table>
          <p class="soft">{plural(list.length, "value")}, as the snapshot {id} holds them: those of the link that was the first cause on top. A sample every two seconds; where the line is broken, nothing was known.</p>
        </>
      )}
    </Panel>
  );
}

function Released({ story }: { story: Story }) {
  const words = story.events.filter((one) => ["ack", "reset", "start", "refused"].includes(one.kind) && one.ms >= 0);
  if (words.length === 0) return null;
  return (
    <Panel title="Who released it" name="released">
      <ul class="plain">{words.map((one, index) => <li key={one.id} class={words.length - index <= printedLines ? "" : "no-print"}><Moment at={one.at} /> <strong>{one.kind}</strong> {one.source} {one.detail}</li>)}</ul>
    </Panel>
  );
}

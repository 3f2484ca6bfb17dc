// Proof tests and drills: exercising the way to the safe state on purpose, and what came of it.
import { useState } from "preact/hooks";
import { secures, type Due, type JournalEvent, type State } from "../model/contract";
import { durationText, plural } from "../model/words";
import { inWords, post, Refused } from "../net/api";
import { askOverdue } from "../net/due";
import { ask } from "../net/live";
import { mayRelease, session } from "../net/session";
import { Alerts } from "../parts/alerts";
import { useLoaded } from "../parts/load";
import { Chip, Moment, Note, Panel, Table } from "../parts/pieces";
import { SignIn } from "../parts/sign_in";
import { useStore } from "../store";

interface Result {
  passed: boolean;
  title: string;
  lines: string[];
}

interface Measured {
  passed: boolean;
  detected_ms?: number | null;
  tripped_ms?: number | null;
  outputs: { id: string; commanded_ms: number | null; confirmed_ms: number | null; readback: string; note: string }[];
}

const shown = (ms: number | null | undefined): string => (ms === null || ms === undefined ? "not seen" : durationText(ms));

export function Tests({ state }: { state: State }) {
  const who = useStore(session);
  const [result, setResult] = useState<Result | null>(null);
  const [busy, setBusy] = useState("");
  const [sure, setSure] = useState("");
  const reports = useLoaded<{ due: Due[] }>("api/v1/reports", 60_000, busy);
  const run = async (kind: "prooftest" | "drill", subject: string): Promise<void> => {
    setSure("");
    setBusy(`${kind} ${subject}`);
    setResult(null);
    try {
      const answer = await post<Measured>(`api/v1/${kind}`, kind === "drill" ? { link: subject } : { output: subject }, 45_000);
      setResult({
        passed: answer.passed, title: `${kind === "drill" ? "Drill" : "Proof test"} of ${subject} ${answer.passed ? "passed" : "failed"}.`,
        lines: [
          ...(kind === "drill" ? [`noticed after ${shown(answer.detected_ms)}, tripped after ${shown(answer.tripped_ms)}`] : []),
          ...answer.outputs.map((one) => `${one.id}: commanded safe after ${shown(one.commanded_ms)}, confirmed after ${shown(one.confirmed_ms)}${one.note ? `; ${one.note}` : ""}`),
        ],
      });
    } catch (error) {
      setResult({ passed: false, title: inWords(error), lines: error instanceof Refused ? error.reasons : [] });
    } finally {
      setBusy("");
      void ask();
      void askOverdue();
    }
  };
  const running = state.state === "running";
  const Run = ({ kind, subject }: { kind: "prooftest" | "drill"; subject: string }) => {
    const name = `${kind} ${subject}`;
    if (busy === name) return <span>under way</span>;
    if (sure === name)
      return (
        <span class="actions">
          <button type="button" class="primary" onClick={() => void run(kind, subject)}>Trip the plant now</button>
          <button type="button" onClick={() => setSure("")}>Leave it</button>
        </span>
      );
    return <button type="button" disabled={busy !== "" || !running || !mayRelease(who)} onClick={() => setSure(name)}>Run it</button>;
  };
  return (
    <div class="narrow">
      <div class="view-head"><h1>Proof tests and drills</h1></div>
      <p>Both trip the plant for real, and measure until the safe state is confirmed. {running ? "" : "They need the plant running: a cut of what is off proves nothing."}</p>
      <SignIn />
      {result && <Note tone={result.passed ? "ok" : "warn"} title={result.title} lines={result.lines} />}
      <Panel title="Proof test of an output" name="prooftests">
        <ul class="rows">
          {state.outputs.filter(secures).map((one) => (
            <li key={one.id}>
              <span class="row-name">{one.id}<span class="kind">{one.kind}</span></span>
              <DueText due={reports.value?.due.find((due) => due.output === one.id)} />
              <Run kind="prooftest" subject={one.id} />
            </li>
          ))}
        </ul>
      </Panel>
      <Panel title="Drill: break a link on purpose" name="drills">
        <ul class="rows">{state.links.map((one) => <li key={one.id}><span class="row-name">{one.id}<span class="kind">{one.kind}</span></span><Run kind="drill" subject={one.id} /></li>)}</ul>
      </Panel>
      <Alerts />
      <TestHistory again={busy} />
    </div>
  );
}

function DueText({ due }: { due: Due | undefined }) {
  if (due === undefined) return null;
  return (
    <span class="says">
      {due.overdue ? <Chip tone="warn" shape="warn">overdue</Chip> : due.due === null ? <Chip tone="plain" shape="off">no date set</Chip> : null}
      <span class="soft number">
        {due.last_passed === null ? "never passed" : <>passed <Moment at={due.last_passed} /></>}
        {due.due !== null && <>, due <Day at={due.due} />, every {plural(due.every_days, "day")}</>}
      </span>
    </span>
  );
}

const Day = ({ at }: { at: string }) => <time dateTime={at}>{new Date(at).toLocaleDateString("en-CA")}</time>;

function TestHistory({ again }: { again: string }) {
  const of = (kind: string): string => `api/v1/journal?since=365d&kind=${kind}&limit=100`;
  const drills = useLoaded<{ events: JournalEvent[] }>(of("drill"), 0, again), proofs = useLoaded<{ events: JournalEvent[] }>(of("prooftest"), 0, again);
  const list = [...(drills.value?.events ?? []), ...(proofs.value?.events ?? [])].sort((a, b) => b.id - a.id).slice(0, 100);
  return (
    <Panel title="History" name="test-history">
      {list.length === 0 ? <p class="soft">No test is in the journal.</p> : (
        <Table label="History of tests" head={["Time", "What", "Of", "Result", "Detail"]}>
          {list.map((one) => (
            <tr key={one.id}>
              <td><Moment at={one.at} /></td><td>{one.kind === "drill" ? "drill" : "proof test"}</td><th scope="row">{one.source}</th>
              <td>{one.code === "passed" ? <Chip tone="plain" shape="ok">passed</Chip> : one.code === "begun" ? "begun" : <Chip tone="warn" shape="warn">{one.code}</Chip>}</td>
              <td>{one.detail}</td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  );
}

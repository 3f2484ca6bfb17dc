// Breaking things on purpose, where they are simulated: what happens then is what would happen.
import { useState } from "preact/hooks";
import { inWords, post, Refused } from "../net/api";
import { ask } from "../net/live";
import { mayRelease, session } from "../net/session";
import { useLoaded } from "../parts/load";
import { Note, Panel } from "../parts/pieces";
import { SignIn } from "../parts/sign_in";
import { useStore } from "../store";

interface Peer {
  id: string;
  commands: { command: string; does: string }[];   // "restart [stale MS]": words in capitals are to be chosen
  error: string | null;
}

export type Rehearsals = { peers: Peer[] };

export function Rehearsal() {
  const told = useLoaded<Rehearsals>("api/v1/rehearsal", 10_000);
  const [said, setSaid] = useState<{ ok: boolean; title: string; lines: string[] } | null>(null);
  const tell = async (peer: string, command: string): Promise<void> => {
    try {
      const answer = await post<Record<string, unknown>>(`api/v1/rehearsal/${peer}`, { command });
      const more = Object.entries(answer).filter(([name]) => name !== "ok").map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
      setSaid({ ok: true, title: `${peer} was told: ${command}.`, lines: more });
    } catch (error) {
      setSaid({ ok: false, title: inWords(error), lines: error instanceof Refused ? [error.hint].filter((one) => one !== "") : [] });
    }
    void ask();
  };
  return (
    <div class="narrow">
      <div class="view-head"><h1>Rehearsal</h1></div>
      <p>These peers are simulated. Break them, watch what Standstill does, and get the plant going again.</p>
      <SignIn />
      {told.trouble !== "" && <Note tone="warn" title={told.trouble} />}
      {said !== null && <Note tone={said.ok ? "ok" : "warn"} title={said.title} lines={said.lines} />}
      {(told.value?.peers ?? []).map((peer) => <OnePeer key={peer.id} peer={peer} tell={tell} />)}
    </div>
  );
}

function OnePeer({ peer, tell }: { peer: Peer; tell: (peer: string, command: string) => Promise<void> }) {
  const who = useStore(session);
  const [words, setWords] = useState("");
  const plain = peer.commands.filter((one) => !one.command.includes(" "));
  const more = peer.commands.filter((one) => one.command.includes(" "));
  return (
    <Panel title={peer.id} name={`peer-${peer.id}`}>
      {peer.error !== null && <Note tone="warn" title={peer.error} />}
      <ul class="rows">
        {plain.map((one) => (
          <li key={one.command}>
            <button type="button" disabled={!mayRelease(who)} onClick={() => void tell(peer.id, one.command)}>{one.command}</button>
            <span class="row-name plain-name">{one.does}</span>
          </li>
        ))}
      </ul>
      {more.length > 0 && (
        <details>
          <summary>In words, for whoever wants to say how much</summary>
          <form class="shelve" aria-label={`Tell ${peer.id}`} onSubmit={(event) => (event.preventDefault(), void tell(peer.id, words))}>
            <label>Command<input required value={words} maxLength={200} onInput={(event) => setWords(event.currentTarget.value)} /></label>
            <button type="submit" disabled={!mayRelease(who)}>Tell it</button>
          </form>
          <ul class="plain">{more.map((one) => <li key={one.command}><code>{one.command}</code> {one.does}</li>)}</ul>
        </details>
      )}
    </Panel>
  );
}

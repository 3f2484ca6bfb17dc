// Whether people would be told: a channel that fails is as quiet as one that has nothing to say.
import { useState } from "preact/hooks";
import type { AlertStatus } from "../model/contract";
import { inWords, post } from "../net/api";
import { mayRelease, session } from "../net/session";
import { useStore } from "../store";
import { useLoaded } from "./load";
import { Age, Chip, Note, Panel } from "./pieces";

interface Tried {
  delivered: boolean;
  error: string | null;
}

const within = 45_000;   // ms; the program itself gives up after 30 s

export function Alerts() {
  const who = useStore(session);
  const [busy, setBusy] = useState("");
  const [said, setSaid] = useState<{ ok: boolean; title: string; lines: string[] } | null>(null);
  const alerts = useLoaded<AlertStatus[]>("api/v1/alerts", 10_000, busy);
  const list = alerts.value ?? [];
  if (list.length === 0) return null;
  const test = async (id: string): Promise<void> => {
    setBusy(id);
    setSaid(null);
    try {
      const tried = await post<Tried>(`api/v1/alerts/${encodeURIComponent(id)}/test`, {}, within);
      setSaid(tried.delivered
        ? { ok: true, title: `${id} has taken the test message.`, lines: ["Ask whoever should have it whether it came."] }
        : { ok: false, title: `${id} did not deliver the test message.`, lines: tried.error === null ? [] : [tried.error] });
    } catch (error) {
      setSaid({ ok: false, title: inWords(error), lines: [] });
    } finally {
      setBusy("");
    }
  };
  return (
    <Panel title="Who is told" name="alerts">
      {said !== null && <Note tone={said.ok ? "ok" : "warn"} title={said.title} lines={said.lines} />}
      <ul class="rows">
        {list.map((one) => (
          <li key={one.id}>
            <span class="row-name">{one.id}<span class="kind">{one.kind}</span></span>
            {one.pending > 0 && <span class="number">{one.pending} waiting</span>}
            {one.dropped > 0 && <Chip tone="warn" shape="warn">{one.dropped} not delivered</Chip>}
            {one.failing ? <Chip tone="warn" shape="warn">fails</Chip>
              : one.last_ok === null ? <Chip tone="plain" shape="off">not used yet</Chip> : <Chip tone="plain" shape="ok">works</Chip>}
            {!one.failing && one.last_ok !== null && <span class="soft">last told <Age at={one.last_ok} /></span>}
            {mayRelease(who) && (
              <button type="button" disabled={busy !== ""} aria-label={`Test ${one.id}`} onClick={() => void test(one.id)}>
                {busy === one.id ? "under way" : "Test"}
              </button>
            )}
            {one.failing && <p class="row-detail">{one.last_error}</p>}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

// Whether people would be told: a channel that fails is as quiet as one that has nothing to say.
import type { AlertStatus } from "../model/contract";
import { useLoaded } from "./load";
import { Age, Chip, Panel } from "./pieces";

export function Alerts() {
  const alerts = useLoaded<AlertStatus[]>("api/v1/alerts", 10_000);
  const list = alerts.value ?? [];
  if (list.length === 0) return null;
  return (
    <Panel title="Who is told" name="alerts">
      <ul class="rows">
        {list.map((one) => (
          <li key={one.id}>
            <span class="row-name">{one.id}<span class="kind">{one.kind}</span></span>
            {one.pending > 0 && <span class="number">{one.pending} waiting</span>}
            {one.dropped > 0 && <Chip tone="warn" shape="warn">{one.dropped} not delivered</Chip>}
            {one.failing ? <Chip tone="warn" shape="warn">fails</Chip>
              : one.last_ok === null ? <Chip tone="plain" shape="off">not used yet</Chip> : <Chip tone="plain" shape="ok">works</Chip>}
            {one.failing && <p class="row-detail">{one.last_error}</p>}
            {!one.failing && one.last_ok !== null && <span class="soft">last told <Age at={one.last_ok} /></span>}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

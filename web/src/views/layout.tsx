// The layout as its plan draws it; after a trip what it was and what it is now, one over the other, differences ringed.
import { useMemo, useState } from "preact/hooks";
import type { Difference, State } from "../model/contract";
import { drawing, ringed, type Plan, type Shape } from "../model/layout";
import { plural } from "../model/words";
import { session } from "../net/session";
import { live as heard } from "../net/live";
import { useLivePlan } from "../parts/live_plan";
import { useLoaded } from "../parts/load";
import { Chip, Moment, Note, Panel } from "../parts/pieces";
import { PlanDrawing } from "../parts/plan";
import { useTicks } from "../parts/ticks";
import { useStore } from "../store";

type Entries = { snapshots: { id: string; epoch: number; kind: string; at: string }[] };
type Comparison = { snapshot: string; same: boolean; differences: Difference[] };

export function Layout({ state }: { state: State }) {
  const [chosen, choose] = useState<string | null>(null);
  const [over, setOver] = useState(state.state !== "running");
  const live = useLivePlan();
  const { pushed } = useStore(heard);
  const entries = useLoaded<Entries>("api/v1/snapshots", 0, state.epoch);
  const list = entries.value?.snapshots ?? [];
  const id = chosen ?? list[0]?.id ?? null;
  const then = useLoaded<Plan>(over && id ? `api/v1/snapshots/${id}` : null);
  const compared = useLoaded<Comparison>(over && id ? `api/v1/compare?snapshot=${encodeURIComponent(id)}` : null, 3000);
  const now = useMemo(() => (live.plan === null ? null : drawing(live.plan)), [live.plan]);
  const before = useMemo(() => {
    if (then.value === null) return undefined;
    return new Map<string, Shape>(drawing(then.value).shapes.map((one) => [`${one.kind} ${one.id}`, one]));
  }, [then.value]);
  const differences = over ? (compared.value?.differences ?? []) : [];
  const [level, setLevel] = useState<number | null>(null);
  const link = state.links.find((one) => one.kind === "rocrail");
  const old = link !== undefined && link.state !== "online";
  return (
    <div class="wide">
      <div class="view-head">
        <h1>Layout{live.plan?.model?.title ? `: ${live.plan.model.title}` : ""}</h1>
        <label><input type="checkbox" checked={over} onChange={(event) => setOver(event.currentTarget.checked)} /> Compare with</label>
        <label class="visually">
          <span class="hidden">Snapshot</span>
          <select value={id ?? ""} disabled={list.length === 0} onChange={(event) => choose(event.currentTarget.value)}>
            {list.length === 0 && <option value="">no snapshot yet</option>}
            {list.map((one) => <option value={one.id} key={one.id}>epoch {one.epoch}, {one.id}</option>)}
          </select>
        </label>
        {now !== null && now.levels.length > 1 && (
          <label>Level{" "}
            <select value={String(level ?? "")} onChange={(event) => setLevel(event.currentTarget.value === "" ? null : Number(event.currentTarget.value))}>
              <option value="">all</option>
              {now.levels.map((one) => <option value={String(one)} key={one}>{one}</option>)}
            </select>
          </label>
        )}
      </div>
      {live.trouble !== "" && <Note tone="warn" title={live.trouble} lines={["What is drawn is old."]} />}
      {!pushed && <Note tone="warn" title="The connection to the supervisor is slow or cut off: what moves here is shown late, or not at all." />}
      {old && <Note tone="warn" title={`Link ${link.id} is ${link.state}: what is drawn is the last that was heard, not the layout as it is.`} />}
      {now === null || now.shapes.length === 0
        ? <p>{live.plan === null ? "Asking for the plan." : "No plan with positions has been heard yet."}</p>
        : (
          <div class={`scroll plan-frame ${old ? "old" : ""}`} tabIndex={0} role="region" aria-label="Track plan">
            <PlanDrawing one={now} {...(before ? { before } : {})} rings={ringed(differences)} level={level}
                         label={`Track plan with ${plural(now.shapes.filter((one) => one.kind === "block").length, "block")}, ${plural(now.shapes.filter((one) => one.train).length, "train")}${over ? `, ${plural(differences.length, "difference")} from the snapshot` : ""}`} />
          </div>
        )}
      <p class="legend soft">Arrow: a train. Filled block: occupied. Small square on a way: a switch set straight; diamond: thrown. Red square: a signal at red; circle: another aspect. A ring marks what differs from the snapshot.</p>
      {over && <Differences list={differences} known={compared.value !== null} trouble={compared.trouble} id={id} />}
      {live.plan !== null && <Trains plan={live.plan} />}
      {now !== null && now.unplaced.length > 0 && <p class="soft">Without a place in the plan: {now.unplaced.join(", ")}.</p>}
    </div>
  );
}

function Differences({ list, known, trouble, id }: { list: Difference[]; known: boolean; trouble: string; id: string | null }) {
  const who = useStore(session);
  const [ticks, tick] = useTicks(`standstill.compared.${id}`);
  const key = (one: Difference): string => `${one.kind} ${one.id} ${one.field} ${one.before} ${one.now}`;
  const open = list.filter((one) => !ticks[key(one)]).length;
  if (id === null) return <p>There is no snapshot to compare with yet.</p>;
  return (
    <Panel title="What differs from the snapshot" name="differences" extra={<span class="number" data-testid="differences">{trouble === "" ? `${list.length} differ, ${open} not seen yet` : "not compared"}</span>}>
      {trouble !== "" && <Note tone="warn" title={trouble} />}
      {known && trouble === "" && list.length === 0 && <p class="nothing">Nothing differs.</p>}
      <ul class="items">
        {list.map((one) => {
          const ticked = ticks[key(one)];
          return (
            <li key={key(one)} class={ticked ? "" : "attention"}>
              <label>
                <input type="checkbox" checked={ticked !== undefined}
                       onChange={(event) => tick(key(one), event.currentTarget.checked, who?.name ?? "somebody")} />
                <span>
                  <strong>{one.kind} {one.id}</strong> {one.field}: was {one.before}, is {one.now}{" "}
                  <Chip tone={one.severity === "dangerous" ? "trip" : one.severity === "check" ? "warn" : "plain"}
                        shape={one.severity === "dangerous" ? "bad" : one.severity === "check" ? "warn" : "off"}>{one.severity}</Chip>
                  <span class="soft">{one.advice}</span>
                  {ticked && <span class="soft number">seen in reality by {ticked.who}, <Moment at={ticked.at} /></span>}
                </span>
              </label>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

function Trains({ plan }: { plan: Plan }) {
  return (
    <Panel title="Trains" name="trains">
      <ul class="rows">
        {(plan.locomotives ?? []).map((one) => (
          <li key={one.id}>
            <span class="row-name">{one.id}<span class="kind">{String(one.mode ?? "")}</span></span>
            <span>{one.block ? `in ${String(one.block)}` : "block not known"}{one.destblock ? `, to ${String(one.destblock)}` : ""}</span>
            <span class="value number">{String(one.speed ?? "–")}<span class="unit"> {one.direction === false ? "backward" : "forward"}</span></span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

// What needs somebody, why it does not run, and the plant in quiet rows.
import type { State } from "../model/contract";
import { alarms, type Alarm } from "../model/alarms";
import { Alerts } from "../parts/alerts";
import { useLoaded } from "../parts/load";
import { Age, Chip, Note, Panel } from "../parts/pieces";
import { Links, Outputs, Stations } from "../parts/plant";
import { Values } from "../parts/values";
import type { Blocker } from "../model/contract";
import { ageText } from "../model/words";

export function Overview({ state }: { state: State }) {
  return (
    <div class="columns">
      <h1 class="hidden">Overview of {state.site}</h1>
      <div>
        <NeedsYou list={alarms(state)} />
        {state.state !== "running" && <WhyNot state={state} />}
      </div>
      <div>
        <Outputs state={state} />
        <Links state={state} />
        {state.stations && <Stations state={state} />}
        <Values state={state} />
        <Alerts />
        <Self state={state} />
      </div>
    </div>
  );
}

function NeedsYou({ list }: { list: Alarm[] }) {
  return (
    <Panel title="What needs you" name="needs" extra={list.length > 0 && <span class="soft number">{list.length}</span>}>
      {list.length === 0
        ? <p class="nothing">Nothing needs you.</p>
        : <ol class="alarms">{list.map((one) => <AlarmRow one={one} key={one.key} />)}</ol>}
    </Panel>
  );
}

function AlarmRow({ one }: { one: Alarm }) {
  const shape = one.tone === "trip" ? "tripped" : one.state === "returned" ? "ok" : "warn";
  return (
    <li class={`alarm ${one.tone} ${one.state === "unacknowledged" ? "flash" : ""}`}>
      <div class="alarm-head">
        <strong>{one.title}</strong>
        {one.firstOut && <Chip tone="trip" shape="tripped">first-out</Chip>}
        <Chip tone={one.tone} shape={shape}>{one.state}</Chip>
        {one.at && <Age at={one.at} />}
      </div>
      {one.detail && <p>{one.detail}</p>}
      <p class="soft">{one.consequence}</p>
      <p class="next">{one.next}</p>
    </li>
  );
}

function WhyNot({ state }: { state: State }) {
  const key = `${state.state} ${state.epoch} ${state.acknowledged} ${state.causes.map((one) => `${one.source}${one.present}`).join()}`;
  const why = useLoaded<{ blockers: Blocker[] }>("api/v1/why", 2000, key);
  return (
    <Panel title="Why it is not running" name="why" extra={<a href="#/recovery">Recovery</a>}>
      {why.trouble !== "" && <Note tone="warn" title={why.trouble} />}
      <ol class="blockers">
        {(why.value?.blockers ?? []).map((one) => (
          <li key={one.source + one.text}>
            <strong>{one.source}</strong>: {one.text}
            {one.age_ms !== null && <span class="soft number"> for {ageText(one.age_ms)}</span>}
            <div class="next">{one.advice.replaceAll("`", "")}</div>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function Self({ state }: { state: State }) {
  const { guard } = state;
  const cutters = guard.cutters ?? null;
  return (
    <Panel title="Standstill itself" name="self">
      <dl class="facts number">
        <div><dt>guard</dt><dd>{guard.pid === 0 ? <Chip tone="trip" shape="bad">does not answer</Chip> : `process ${guard.pid}`}</dd></div>
        <div><dt>cutters</dt><dd>{cutters === null ? "not told" : cutters === 2 ? "2 of 2" : <Chip tone="warn" shape="warn">{cutters} of 2</Chip>}</dd></div>
        <div><dt>permit</dt><dd>{guard.permit_age_ms === null ? "none" : <>{guard.permit_age_ms}<span class="unit"> ms old</span></>}</dd></div>
        <div><dt>real time</dt><dd>{guard.realtime ? "yes" : "no"}</dd></div>
        <div><dt>version</dt><dd>{state.version}</dd></div>
      </dl>
    </Panel>
  );
}

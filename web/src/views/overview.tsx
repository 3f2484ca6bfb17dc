// What needs somebody, why it does not run, and the plant in quiet rows.
import type { State } from "../model/contract";
import { alarms, quietlyShelved, type Alarm } from "../model/alarms";
import { Alerts } from "../parts/alerts";
import { overdue } from "../net/due";
import { useLoaded } from "../parts/load";
import { Age, Chip, Note, Panel } from "../parts/pieces";
import { Links, Outputs, Stations } from "../parts/plant";
import { PutAside, Shelve } from "../parts/shelve";
import { Values } from "../parts/values";
import type { Blocker, Shelved } from "../model/contract";
import { ageText, plural } from "../model/words";
import { useStore } from "../store";

export function Overview({ state }: { state: State }) {
  const list = alarms(state, useStore(overdue));
  return (
    <div class="columns">
      <h1 class="hidden">Overview of {state.site}</h1>
      <div>
        <NeedsYou list={list} aside={quietlyShelved(state, list)} />
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

function NeedsYou({ list, aside }: { list: Alarm[]; aside: Shelved[] }) {
  const open = list.filter((one) => one.shelved === null).length;
  return (
    <Panel title="What needs you" name="needs" extra={open > 0 && <span class="soft number">{open}</span>}>
      {open === 0
        && <p class="nothing">Nothing needs you.</p>}
      {list.length > 0 && <ol class="alarms">{list.map((one) => <AlarmRow one={one} key={one.key} />)}</ol>}
      {aside.length > 0 && (
        <details>
          <summary>{plural(aside.length, "alarm")} put aside, with nothing the matter now</summary>
          {aside.map((one) => <div key={one.source}><strong>{one.source}</strong><PutAside one={one} /></div>)}
        </details>
      )}
    </Panel>
  );
}

function AlarmRow({ one }: { one: Alarm }) {
  const shape = one.tone === "trip" ? "tripped" : one.state === "returned" ? "ok" : one.shelved !== null ? "off" : "warn";
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
      {one.shelved === null ? <p class="next">{one.next}</p> : <PutAside one={one.shelved} />}
      {one.mayShelve && one.shelved === null && <Shelve source={one.source} />}
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

// Meters, PLCs and sensors: each value with its quality and age, what it did, and what its link went through.
import { useState } from "preact/hooks";
import type { JournalEvent, State, Tag } from "../model/contract";
import { numberText } from "../model/words";
import { tagKey, tags } from "../net/tags";
import { Chart } from "../parts/chart";
import { useLoaded } from "../parts/load";
import { Age, Chip, Moment, Panel, Table } from "../parts/pieces";
import { linkLook } from "../parts/plant";
import { measured, Quality, Sparkline, ValueText } from "../parts/values";
import { useStore } from "../store";

export function ValuesView({ state }: { state: State }) {
  const list = measured(useStore(tags), state);
  const [chosen, choose] = useState<string | null>(null);
  const links = [...new Set(list.map((one) => one.link))];
  const one = list.find((tag) => tagKey(tag) === chosen) ?? list.find((tag) => tag.quality === "good") ?? list[0];
  return (
    <div class="wide">
      <div class="view-head"><h1>Meters and PLC</h1></div>
      {list.length === 0 && <p>No link of this plant tells values.</p>}
      {one && (
        <Panel title={`Trend of ${one.link}.${one.name}`} name="trend" extra={<ValueText tag={one} />}>
          <Chart name={tagKey(one)} unit={one.unit} label={`${one.name} of ${one.link}: now ${numberText(one.value)} ${one.unit}, ${one.quality}`} />
          <p class="soft">The last hour, as far as the supervisor has been running. Where the line is broken, nothing was known.</p>
        </Panel>
      )}
      {links.map((link) => (
        <Group key={link} name={link} state={state} list={list.filter((tag) => tag.link === link)} chosen={one ? tagKey(one) : ""} choose={choose} />
      ))}
      <History links={state.links.map((link) => link.id)} />
    </div>
  );
}

function Group({ name, state, list, chosen, choose }: {
  name: string; state: State; list: Tag[]; chosen: string; choose: (key: string) => void;
}) {
  const link = state.links.find((one) => one.id === name);
  const look = link ? linkLook(link) : null;
  return (
    <Panel title={name} name={`group-${name}`} extra={look && <Chip tone={look.tone} shape={look.shape}>{look.word}</Chip>}>
      <Table label={`Values of ${name}`} head={["Name", "Value", "Five minutes", "Quality", "Read"]}>
        {list.map((tag) => (
          <tr key={tagKey(tag)} class={tagKey(tag) === chosen ? "now" : ""}>
            <th scope="row"><button type="button" class="link" aria-pressed={tagKey(tag) === chosen} onClick={() => choose(tagKey(tag))}>{tag.name}</button></th>
            <td class="right"><ValueText tag={tag} /></td>
            <td><Sparkline name={tagKey(tag)} /></td>
            <td><Quality tag={tag} /></td>
            <td><Age at={tag.at} /></td>
          </tr>
        ))}
      </Table>
    </Panel>
  );
}

function History({ links }: { links: string[] }) {
  const journal = useLoaded<{ events: JournalEvent[] }>("api/v1/journal?since=24h&kind=link&limit=500", 5000);
  const list = (journal.value?.events ?? []).filter((one) => links.includes(one.source)).slice(-60).reverse();
  return (
    <Panel title="What the links went through" name="history">
      {list.length === 0 ? <p class="soft">Nothing in the last 24 hours.</p> : (
        <Table label="Link history" head={["Time", "Link", "State", "Detail"]}>
          {list.map((one) => (
            <tr key={one.id}><td><Moment at={one.at} /></td><th scope="row">{one.source}</th><td>{one.code}</td><td>{one.detail}</td></tr>
          ))}
        </Table>
      )}
    </Panel>
  );
}

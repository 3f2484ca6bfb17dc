// The values at a glance: a number, its unit, its quality, and a line of what it did.
import { useEffect, useState } from "preact/hooks";
import type { State, Tag } from "../model/contract";
import { numberText, unitText } from "../model/words";
import { heldUntil, tagKey, tags, trendOf } from "../net/tags";
import { useStore } from "../store";
import { Age, Chip, Panel } from "./pieces";

const qualityWords: Record<string, string> = {
  good: "good", no_link: "no link", stale: "stale", overflow: "overflow", out_of_range: "out of range", refused: "refused",
};
export const qualityWord = (quality: string): string => qualityWords[quality] ?? quality;

export const Quality = ({ tag }: { tag: Tag }) =>
  tag.quality === "good"
    ? <Chip tone="plain" shape="ok">good</Chip>
    : <Chip tone="warn" shape="warn">{qualityWord(tag.quality)}</Chip>;

export function Sparkline({ name }: { name: string }) {
  const [, again] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => again((one) => one + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const trend = trendOf(name);
  if (trend === undefined) return null;
  const [times, values] = trend.upTo(heldUntil());
  const known = values.filter((one): one is number => one !== null);
  if (known.length < 2) return <svg class="spark" viewBox="0 0 100 24" aria-hidden="true" />;
  const end = times.at(-1)!, from = Math.max(times[0]!, end - 300);
  const low = Math.min(...known), high = Math.max(...known), tall = high - low || 1;
  let path = "", pen = false;
  times.forEach((time, index) => {
    const value = values[index]!;
    if (time < from) return;
    if (value === null) {
      pen = false;
      return;
    }
    path += `${pen ? "L" : "M"}${(((time - from) / (end - from || 1)) * 100).toFixed(1)} ${(22 - ((value - low) / tall) * 20).toFixed(1)}`;
    pen = true;
  });
  return <svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true"><path d={path} /></svg>;
}

// What a layout tells stands in its own view.
export const measured = (list: Tag[], state: State): Tag[] => {
  const layouts = new Set(state.links.filter((one) => one.kind === "rocrail").map((one) => one.id));
  return list.filter((one) => !layouts.has(one.link));
};

export function Values({ state }: { state: State }) {
  const list = measured(useStore(tags), state);
  if (list.length === 0) return null;
  const worst = [...list].sort((a, b) => Number(a.quality === "good") - Number(b.quality === "good")).slice(0, 12);
  return (
    <Panel title="Values" name="values" extra={<a href="#/values">All, with trends</a>}>
      <ul class="rows">
        {worst.map((one) => (
          <li key={tagKey(one)}>
            <span class="row-name">{one.name}<span class="kind">{one.link}</span></span>
            <Sparkline name={tagKey(one)} />
            <ValueText tag={one} />
            {one.quality !== "good" && <><Quality tag={one} /><Age at={one.at} /></>}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

// A value that is not good is struck out: it is the last one known, not the present one.
export const ValueText = ({ tag }: { tag: Tag }) => (
  <span class={`value number ${tag.quality === "good" ? "" : "struck"}`}>
    {numberText(tag.value)}<span class="unit">{unitText(tag.unit)}</span>
  </span>
);

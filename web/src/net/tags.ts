// Values of meters, PLCs and sensors, and what they did while this page was open. An outage is a gap, not a line.
import type { Tag } from "../model/contract";
import { Trend } from "../model/trend";
import { clockAhead } from "../clock";
import { Store } from "../store";
import { get } from "./api";

export const tags = new Store<Tag[]>([]);

const keepS = 3600;
// Silence of a value is no outage, it has not changed; an outage is told by its quality, or by nobody being heard.
const gapS = Infinity;
const showEveryMs = 250;
const trends = new Map<string, Trend>();
let known: Tag[] = [];
let later: ReturnType<typeof setTimeout> | undefined;

export const tagKey = (one: Tag): string => `${one.link}.${one.name}`;
export const trendOf = (key: string): Trend | undefined => trends.get(key);

// `whole`: all there are; otherwise those that changed.
export function take(list: Tag[], whole: boolean): void {
  const now = Date.now() / 1000;
  broken = false;
  for (const one of list) {
    const key = tagKey(one);
    const trend = trends.get(key) ?? new Trend(keepS, gapS);
    trends.set(key, trend);
    trend.add({ t: now, v: one.quality === "good" ? one.value : null });
  }
  if (whole) {
    known = list;
  } else {
    const changed = new Map(list.map((one) => [tagKey(one), one]));
    known = known.map((one) => changed.get(tagKey(one)) ?? one);
    const before = new Set(known.map(tagKey));
    known = [...known, ...list.filter((one) => !before.has(tagKey(one)))];
  }
  later ??= setTimeout(() => {
    later = undefined;
    tags.set(known);
  }, showEveryMs);
}

const asked = new Set<string>();
// What a value did before this page was opened. Asked for once; what cannot be had stays empty.
export async function remember(key: string): Promise<void> {
  if (asked.has(key)) return;
  asked.add(key);
  try {
    const told = await get<{ samples: [number, number | null][] }>(`api/v1/trend?tag=${encodeURIComponent(key)}`);
    const ahead = clockAhead() / 1000;   // its samples carry the plant's time, this page's its own
    trends.get(key)?.before(told.samples.map(([t, v]) => ({ t: t - ahead, v })));
  } catch {
    asked.delete(key);
  }
}

let broken = true;
// How far the last values hold; null: nobody is heard.
export const heldUntil = (): number | null => (broken ? null : Date.now() / 1000);

// The supervisor is not heard: every line ends here.
export function breakTrends(): void {
  broken = true;
  for (const trend of trends.values()) trend.add({ t: Date.now() / 1000, v: null });
}

// What values did in the last minute before a trip, as the snapshot of the trip holds it.
import type { Tag } from "./contract";

export interface Snapshot {
  tags?: Tag[];
  before?: { link: string; name: string; samples: [number, number | null][] }[];   // seconds since 1970, and null for an outage
}

export interface BeforeValue {
  link: string;
  name: string;
  unit: string;
  quality: string;
  atTrip: number | null;
  samples: { ms: number; value: number | null }[];   // from the trip, oldest first, none after it
}

// `first`: the link of the first cause, whose values stand on top.
export function valuesBefore(snapshot: Snapshot, tripMs: number, leaveOut: string[], first: string): BeforeValue[] {
  const courses = new Map((snapshot.before ?? []).map((one) => [`${one.link}.${one.name}`, one.samples]));
  const made = (snapshot.tags ?? []).filter((one) => !leaveOut.includes(one.link)).map((one) => ({
    link: one.link, name: one.name, unit: one.unit, quality: one.quality, atTrip: one.value,
    samples: (courses.get(`${one.link}.${one.name}`) ?? []).map(([at, value]) => ({ ms: at * 1000 - tripMs, value })).filter((sample) => sample.ms <= 0),
  }));
  const moved = (one: BeforeValue): boolean => new Set(one.samples.map((sample) => sample.value)).size > 1;
  const rank = (one: BeforeValue): number => (one.link === first ? 0 : 2) + (moved(one) ? 0 : 1);
  return made.sort((a, b) => rank(a) - rank(b));
}

// The value so long before the trip: of the newest sample that is at least as old. Undefined where none is.
export const valueAt = (one: BeforeValue, ms: number): number | null | undefined =>
  one.samples.filter((sample) => sample.ms <= -ms).at(-1)?.value;

// A line over the last minute in a drawing of 100 by 24; an outage breaks it.
export function coursePath(samples: BeforeValue["samples"], spanMs = 60_000): string {
  const known = samples.map((one) => one.value).filter((one): one is number => one !== null);
  if (known.length < 2) return "";
  const low = Math.min(...known), tall = Math.max(...known) - low || 1;
  let path = "", pen = false;
  for (const { ms, value } of samples) {
    if (ms < -spanMs) continue;
    if (value === null) {
      pen = false;
      continue;
    }
    path += `${pen ? "L" : "M"}${(100 + (ms / spanMs) * 100).toFixed(1)} ${(22 - ((value - low) / tall) * 20).toFixed(1)}`;
    pen = true;
  }
  return path;
}

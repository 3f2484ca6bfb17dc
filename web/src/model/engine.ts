// A locomotive as people read it: values against their limits, a shutdown that counts down, its log in words.
import type { EngineTold, EngineVariable, Tag } from "./contract";

export interface Gauge {
  name: string;           // as the tag is called
  title: string;
  tag: Tag;
  limit: number | null;   // null: not read from the engine yet, or there is none
  limitName: string;      // "CV42"; "" where there is none
  from: number;           // of the drawing
  to: number;
  over: boolean;          // at its limit or beyond
}

// Which variable holds the limit of which value; the drawing's ends where there is no limit (docs/locomotive.md).
const kinds: { name: string; title: string; cv: number; from: number; to: number }[] = [
  { name: "boiler", title: "Boiler shell", cv: 42, from: 0, to: 150 },
  { name: "superheater", title: "Superheater", cv: 43, from: 0, to: 280 },
  { name: "logic", title: "Electronics", cv: 41, from: 0, to: 100 },
  { name: "pressure", title: "Boiler pressure", cv: 35, from: 0, to: 250 },
  { name: "servo", title: "Regulator's servo", cv: 0, from: 0, to: 180 },
  { name: "speed", title: "Speed", cv: 0, from: 0, to: 100 },
];

const valueOf = (list: EngineVariable[], cv: number): number | null => list.find((one) => one.cv === cv)?.value ?? null;

export function gauges(link: string, list: Tag[], variables: EngineVariable[]): Gauge[] {
  const made: Gauge[] = [];
  for (const kind of kinds) {
    const tag = list.find((one) => one.link === link && one.name === kind.name);
    if (tag === undefined) continue;
    const limit = kind.cv === 0 ? null : valueOf(variables, kind.cv);
    // The servo's drawing goes from closed to open, as the engine is set up.
    const closed = valueOf(variables, 46), open = valueOf(variables, 47);
    const servo = kind.name === "servo" && closed !== null && open !== null && open > closed;
    made.push({
      name: kind.name, title: kind.title, tag, limit, limitName: kind.cv === 0 ? "" : `CV${kind.cv}`,
      from: servo ? closed : kind.from, to: servo ? open : Math.max(kind.to, (limit ?? 0) * 1.1),
      over: tag.quality === "good" && tag.value !== null && limit !== null && tag.value >= limit,
    });
  }
  return made;
}

export const part = (one: Gauge, value: number): number => Math.min(1, Math.max(0, (value - one.from) / (one.to - one.from)));

// Awake it says values every second. Asleep, after its shutdown, it says none and may still answer. Otherwise nothing is known.
export function wakefulness(one: EngineTold): "awake" | "asleep" | "unknown" {
  if (one.line !== "online" || one.state === null || one.heard_ms === null) return "unknown";
  if (one.frame_ms !== null && one.frame_ms < 3000) return "awake";
  return one.state === "tripped" && one.heard_ms < 15_000 ? "asleep" : "unknown";
}

export interface Stage {
  what: string;
  at: number;             // ms since the trip
  left: number;           // ms; 0: it is over
  atMost: boolean;
}

// `sinceMs`: how long ago the supervisor said so.
export function countdown(shutdown: NonNullable<EngineTold["shutdown"]>, sinceMs: number): { stages: Stage[]; over: boolean } {
  const elapsed = shutdown.elapsed_ms + Math.max(0, sinceMs);
  const stages = shutdown.stages.map((one) => ({ what: one.what, at: one.at_ms, left: Math.max(0, one.at_ms - elapsed), atMost: one.at_most }));
  return { stages, over: stages.every((one) => one.left === 0) };
}

export interface LogLine {
  seconds: number | null;   // since the engine's power-up
  what: string;
  where: string;
  detail: string;
}

const stageWords = ["heaters off", "regulator to the whistle position", "log being saved", "regulator closed", "servo off", "asleep"];
// A value of the log is thousandths of the sensor's unit (docs/locomotive.md, "The log").
const units: Record<string, string> = { boiler: "°C", superheater: "°C", logic: "°C", pressure: "kPa" };

// "EVENT 41280 cause gone boiler limit 112000": kinds of one word or two, then the watch, the cause's code, a number.
const twoWords = ["cause gone", "stage failed", "CV written", "store damaged"];

export function logLine(line: string): LogLine {
  const found = /^EVENT (\d+) (.*)$/.exec(line);
  if (found === null) return { seconds: null, what: line.replace(/^LOG (\d+ |none: )/, ""), where: "", detail: "" };
  let rest = found[2]!;
  const kind = twoWords.find((one) => rest.startsWith(`${one} `)) ?? rest.split(" ")[0]!;
  rest = rest.slice(kind.length + 1);
  const words = rest.split(" ");
  const value = Number(words.at(-1));
  const code = words.at(-2) ?? "", where = words.slice(0, -2).join(" ");
  const stage = kind === "stage" || kind === "stage failed";
  let detail = code === "none" ? "" : code.replaceAll("_", " ");
  if (stage) detail = stageWords[value] ?? `stage ${value}`;
  else if (kind === "CV written") detail = `CV${value}`;
  else if (kind === "started") detail = `speed step ${value}`;
  else if (units[where] !== undefined && value !== 0) detail += `${detail === "" ? "" : ", "}${(value / 1000).toFixed(1)} ${units[where]}`;
  return { seconds: Number(found[1]) / 1000, what: kind, where: where === "-" ? "" : where, detail };
}

// What is wrong with a value that somebody typed; "" when the supervisor may be asked.
export function wrongValue(one: EngineVariable, typed: string): string {
  const text = typed.trim();
  if (!/^-?\d+(\.\d+)?$/.test(text)) return "Write a number.";
  const value = Number(text);
  if (value < one.min || value > one.max) return `It takes ${rangeText(one)}.`;
  if ((text.split(".")[1] ?? "").length > one.decimals) return one.decimals === 0 ? "It takes whole numbers." : `It takes ${one.decimals} decimals at most.`;
  return "";
}

const fixed = (value: number, one: EngineVariable): string => value.toFixed(one.decimals);
export const valueText = (one: EngineVariable): string => (one.value === null ? "–" : fixed(one.value, one));
export const rangeText = (one: EngineVariable): string =>
  one.min === one.max ? fixed(one.min, one) : `${fixed(one.min, one)} to ${fixed(one.max, one)}${one.unit ? ` ${one.unit}` : ""}`;
export const defaultText = (one: EngineVariable): string => fixed(one.default, one);

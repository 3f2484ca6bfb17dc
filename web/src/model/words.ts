// Times, ages and durations in words. No number pretends to be more exact than it is.

export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const hours = Math.floor(seconds / 3600);
  if (hours < 48) return `${hours} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(hours / 24)} days`;
}

export const agoText = (ms: number): string => `${ageText(ms)} ago`;

export function durationText(ms: number): string {
  if (!Number.isFinite(ms)) return "not known";
  const size = Math.abs(ms);
  if (size === 0) return "0 ms";
  if (size < 1) return `${ms.toFixed(2)} ms`;
  if (size < 10) return `${ms.toFixed(1)} ms`;
  if (size < 10_000) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(1)} s`;
}

// "-0.0" would be neither before nor after.
export const tenthsText = (ms: number): string => (Math.round(ms * 10) / 10 || 0).toFixed(1);

// Of something in an incident, whose zero is the trip.
export const fromTrip = (ms: number): string => (ms < 0 ? `${durationText(-ms)} before` : durationText(ms));

export const parsed = (at: string | null | undefined): number | null => {
  const ms = at ? Date.parse(at) : NaN;
  return Number.isNaN(ms) ? null : ms;
};

export function clockText(at: string | null | undefined): string {
  const ms = parsed(at);
  return ms === null ? "time not known" : new Date(ms).toLocaleTimeString("en-GB");
}

export function dayText(at: string | null | undefined): string {
  const ms = parsed(at);
  return ms === null ? "date not known" : new Date(ms).toLocaleDateString("en-CA");
}

// The date only where it is not today's.
export function momentText(at: string | null | undefined, now: number): string {
  const ms = parsed(at);
  if (ms === null) return "time not known";
  const then = new Date(ms);
  const day = then.toDateString() === new Date(now).toDateString() ? "" : `${dayText(at)} `;
  return day + then.toLocaleTimeString("en-GB");
}

const causeWords: Record<string, string> = {
  link_lost: "lost",
  link_frozen: "is frozen: it answers and its values stand still",
  limit: "is at its limit",
  sensor_fault: "has a broken sensor",
  signal_lost: "lost its signal",
  power_lost: "lost its power",
  memory_low: "is short of memory",
  loop_overrun: "was too slow",
  supervisor_lost: "stopped giving its permit",
  guard_lost: "is lost",
  output_failed: "did not go safe",
  unclean_end: "ended without a clean end",
  no_record: "has no record of its latch",
  resumed: "woke up from suspend",
  button_press: "was pressed",
  operator_command: "was told to stop",
  safety_interlock: "reported an interlock",
  device_fault: "reported a fault",
  software_error: "reported a software error",
};

export const causeText = (code: string): string => causeWords[code] ?? code.replaceAll("_", " ");

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

// "Layout lost at 14:32:07: the connection ended without a goodbye."
export function causeSentence(cause: { code: string; source: string; detail: string; at: string }): string {
  const detail = cause.detail.trim().replace(/[.\s]+$/, "");
  const stop = cause.code === "operator_command";
  const head = stop ? "Stopped by hand" : `${upper(cause.source || "Standstill")} ${causeText(cause.code)}`;
  return `${head} at ${clockText(cause.at)}${detail ? `: ${detail}` : ""}.`;
}

export function numberText(value: number | null, digits = 5): string {
  if (value === null || !Number.isFinite(value)) return "–";
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e9 || size < 1e-4)) return value.toExponential(3);
  return value.toPrecision(digits).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}

// Behind a number; "1" is the unit of what has none.
export const unitText = (unit: string): string => (unit === "" || unit === "1" ? "" : ` ${unit}`);

export const plural = (count: number, one: string, more = `${one}s`): string => `${count} ${count === 1 ? one : more}`;

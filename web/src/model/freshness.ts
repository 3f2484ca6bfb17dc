// Whether what the page shows may be believed. The last state is never shown as if it were the present one.
import type { State } from "./contract";

export type Freshness = "connecting" | "live" | "late" | "gone";

export const lateAfterMs = 2000;
export const goneAfterMs = 5000;

// `heardAt`, `now`: the browser's clock in ms. A browser that slept, or whose clock was set back, has heard nothing.
// `permitAgeMs`: the supervisor's own loop may stand still while its server still answers; then the permit grows old.
export function freshness(heardAt: number | null, now: number, permitAgeMs: number | null): Freshness {
  if (heardAt === null) return "connecting";
  const age = now < heardAt ? goneAfterMs : Math.max(now - heardAt, permitAgeMs ?? 0);
  if (age >= goneAfterMs) return "gone";
  return age >= lateAfterMs ? "late" : "live";
}

export type BannerWord = "RUNNING" | "READY" | "TRIPPED" | "UNKNOWN";

const words = { running: "RUNNING", ready: "READY", tripped: "TRIPPED" } as const;

// The one word across the room. Without a guard nobody can say whether anything is energised.
export function bannerWord(state: State | null, fresh: Freshness): BannerWord {
  if (state === null || fresh !== "live" || state.guard.pid === 0) return "UNKNOWN";
  return words[state.state];
}

// A display that says "safely" says it of what is safe: with an output that does not confirm there is nothing to be calm about.
export const visitorWord = (word: BannerWord, state: State | null): "running" | "ready" | "tripped" | "unknown" =>
  word === "TRIPPED" && (state?.outputs ?? []).some((one) => one.readback === "failed" || one.commanded === "run")
    ? "unknown" : (word.toLowerCase() as "running" | "ready" | "tripped" | "unknown");

// The truth about a stop, in steps: touched, sent, latched, confirmed n of m. Nothing is shown that was not heard.
import { secures, type State } from "./contract";

export interface StopRun {
  touchedAt: number;              // browser's clock, ms
  epochBefore: number | null;     // of the state known at the touch; null: none was known
  stateBefore: string | null;
  answeredAt: number | null;      // the supervisor has taken the stop
  latchedAt: number | null;       // a state that is tripped has been seen since
  confirmedAt: number | null;     // every output was seen safe and proved
  outputs: number;
  confirmed: number;
  unproved: number;               // safe as commanded, and nothing measures it
  failures: number;               // requests without an answer
  trouble: string;
}

export const begin = (now: number, state: State | null): StopRun => ({
  touchedAt: now, epochBefore: state?.epoch ?? null, stateBefore: state?.state ?? null, answeredAt: null,
  latchedAt: null, confirmedAt: null, outputs: state?.outputs.filter(secures).length ?? 0, confirmed: 0, unproved: 0, failures: 0,
  trouble: "",
});

export const answered = (run: StopRun, now: number): StopRun =>
  run.answeredAt === null ? { ...run, answeredAt: now, trouble: "" } : run;

export const failed = (run: StopRun, trouble: string): StopRun => ({ ...run, failures: run.failures + 1, trouble });

// A state that was heard after the touch. What was tripped before must have been told of this stop first.
export function seen(run: StopRun, state: State, now: number): StopRun {
  if (state.state !== "tripped" || state.guard.pid === 0) return { ...run, confirmed: 0, confirmedAt: null };
  const newTrip = run.epochBefore === null || state.epoch > run.epochBefore;
  const taken = run.stateBefore === "tripped" && run.answeredAt !== null;
  if (!newTrip && !taken) return run;
  const outputs = state.outputs.filter(secures);
  const confirmed = outputs.filter((one) => one.commanded === "safe" && one.readback === "confirmed").length;
  const unproved = outputs.filter((one) => one.commanded === "safe" && one.readback === "none").length;
  const all = confirmed + unproved === outputs.length;
  return {
    ...run, latchedAt: run.latchedAt ?? now, outputs: outputs.length, confirmed, unproved,
    confirmedAt: all ? (run.confirmedAt ?? now) : null,
  };
}

// It was latched, and has been released since: the story is over. A state from before the trip, that comes late, is none.
export const over = (run: StopRun, state: State): boolean =>
  run.latchedAt !== null && state.state !== "tripped" && (run.epochBefore === null || run.stateBefore === "tripped" || state.epoch > run.epochBefore);

export type StopWord = "sent" | "latched" | "unproved" | "confirmed" | "no answer";

export function stopWord(run: StopRun, now: number): StopWord {
  if (run.confirmedAt !== null) return run.unproved > 0 ? "unproved" : "confirmed";
  if (run.latchedAt !== null) return "latched";
  return run.failures > 0 && now - run.touchedAt > 2000 ? "no answer" : "sent";
}

const ms = (from: number, to: number): string => `${Math.round(to - from)} ms`;

export function stopText(run: StopRun, now: number): string[] {
  const lines = [run.answeredAt === null ? "sent" : `sent, taken after ${ms(run.touchedAt, run.answeredAt)}`];
  if (run.latchedAt !== null) lines.push(`latched after ${ms(run.touchedAt, run.latchedAt)}`);
  if (run.latchedAt !== null && run.outputs > 0) {
    const when = run.confirmedAt === null ? "" : ` after ${ms(run.touchedAt, run.confirmedAt)}`;
    lines.push(`confirmed ${run.confirmed} of ${run.outputs}${when}`);
    if (run.unproved > 0) lines.push(`${run.unproved} without a read-back: look at ${run.unproved === 1 ? "it" : "them"}`);
  }
  if (stopWord(run, now) === "no answer")
    lines.push("NO ANSWER. Use the red button. This page goes on trying.");
  return lines;
}

// The three words that release, in their order, and why one cannot be said yet.
import type { State } from "./contract";

export type Release = "ack" | "reset" | "start";

export interface ReleaseWord {
  word: Release;
  title: string;
  what: string;       // what it does
  done: boolean;
  now: boolean;       // the next one to say
  blocked: string;    // why its turn has not come; "" when it may be said (and may still be refused, with reasons)
}

export function releaseWords(state: State): ReleaseWord[] {
  const tripped = state.state === "tripped";
  const seen = !tripped || state.acknowledged;
  const present = state.causes.filter((one) => one.present).length;
  return [
    {
      word: "ack", title: "Acknowledge", what: "A person has seen it. It stops the flashing and changes nothing else.",
      done: seen, now: !seen, blocked: seen ? "Done." : "",
    },
    {
      word: "reset", title: "Reset",
      what: present > 0 ? `Un-latches; nothing starts by itself. It will be refused while ${present === 1 ? "a cause is" : `${present} causes are`} present.`
                        : "Un-latches; nothing starts by itself.",
      done: !tripped, now: tripped && seen, blocked: tripped ? (seen ? "" : "Acknowledge first.") : "Done.",
    },
    {
      word: "start", title: "Start", what: "Energises the outputs. Be sure that people and hands are clear.",
      done: state.state === "running", now: state.state === "ready",
      blocked: state.state === "ready" ? "" : tripped ? "Reset first." : "Done.",
    },
  ];
}

// What was seen was seen after the newest cause: another one, or another plant at this address, and it has to be looked at
// again. An epoch alone does not tell: a new installation counts from one.
export function tickKey(state: State): string {
  const newest = [state.first_out, ...state.causes].map((one) => one?.at ?? "").reduce((a, b) => (a > b ? a : b), "");
  return `standstill.seen.${state.site}.${state.epoch}.${newest}`;
}

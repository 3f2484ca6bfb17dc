// One word and one colour field, readable across the room; and since when, and why.
import { useEffect } from "preact/hooks";
import { useNow, useOwnNow } from "../clock";
import { alarms } from "../model/alarms";
import type { Due } from "../model/contract";
import type { BannerWord } from "../model/freshness";
import { ageText, causeSentence, momentText } from "../model/words";
import { overdue } from "../net/due";
import { live, type Live } from "../net/live";
import { useStore } from "../store";
import { Icon, type Shape } from "./icon";

const shapes: Record<BannerWord, Shape> = { RUNNING: "running", READY: "ready", TRIPPED: "tripped", UNKNOWN: "unknown" };

function sentence(one: Live, own: number, due: Due[]): string {
  const { state, fresh, heardAt } = one;
  const silent = heardAt === null ? "" : ageText(own - heardAt);
  if (fresh === "connecting") return "Connecting to the supervisor. Nothing is known yet.";
  if (fresh === "late") return `Nothing heard for ${silent}. What is below may be wrong.`;
  if (fresh === "gone")
    return `The supervisor has not been heard for ${silent}. Look at the plant itself; use the red button if in doubt.`;
  if (state === null) return "Nothing is known yet.";
  if (state.guard.pid === 0)
    return "The guard does not answer: nobody can say whether anything is energised. Look at the plant itself.";
  if (state.state === "tripped")
    return state.first_out === null ? "Latched. The first cause is not known." : causeSentence(state.first_out);
  if (state.state === "ready") return "Released. Outputs are safe. It waits for somebody to start it.";
  const list = alarms(state, due);
  if (list.some((alarm) => alarm.shelved === null)) return "Outputs are energised. Not everything is as it should be: see what needs you.";
  return `Outputs are energised. Everything that is watched is as it should be${list.length > 0 ? ", but for what was put aside" : ""}.`;
}

// The browser's tab says it too, and the whole page is hatched by it.
export function useWordOnEverything(one: Live): void {
  useEffect(() => {
    document.title = `${one.word} · ${one.state?.site ?? "Standstill"}`;
    document.documentElement.dataset.fresh = one.fresh;
    document.documentElement.dataset.word = one.word;
  }, [one.word, one.fresh, one.state?.site]);
}

export function Banner() {
  const one = useStore(live);
  const now = useNow();
  const own = useOwnNow();
  const due = useStore(overdue);
  const state = one.word === "UNKNOWN" ? null : one.state;
  const flashing = state?.state === "tripped" && !state.acknowledged;
  return (
    <div class={`banner ${one.word.toLowerCase()} ${flashing ? "unacknowledged" : ""}`} data-testid="banner">
      <div class="banner-word" role="status" aria-live="assertive" aria-atomic="true">
        <Icon shape={shapes[one.word]} size={44} />
        <span data-testid="word">{one.word}</span>
      </div>
      <div class="banner-text">
        <p class="banner-sentence" data-testid="sentence">{sentence(one, own, due)}</p>
        <p class="banner-facts number">
          <span>{one.state?.site ?? "no plant known"}</span>
          {state && <span>epoch {state.epoch}</span>}
          {state?.state === "tripped" && <span>{state.acknowledged ? "acknowledged" : "not acknowledged"}</span>}
          {state?.sequence && <span>going safe: stage {state.sequence.stage} of {state.sequence.of}</span>}
          {state?.first_out && state.state === "tripped" && <span>since {momentText(state.first_out.at, now)}</span>}
          {one.fresh === "live" && <span>{one.pushed ? "live" : "live, asked once a second"}</span>}
        </p>
      </div>
    </div>
  );
}

export function OtherVersion() {
  const one = useStore(live);
  if (one.otherVersion === "") return null;
  return (
    <p class="note todo" role="status">
      <Icon shape="todo" />
      <span>Version {one.otherVersion} is running now, and this page is older.{" "}
        <button onClick={() => location.reload()}>Load the new page</button></span>
    </p>
  );
}

// For a display beside the plant: one calm sentence for visitors, no numbers, nothing to touch.
import type { Live } from "../net/live";
import { visitorWord } from "../model/freshness";
import { useLoaded } from "../parts/load";

export interface VisitorText {
  running?: string;
  ready?: string;
  tripped?: string;
  unknown?: string;
}

const usual: Required<VisitorText> = {
  running: "Everything is running. Enjoy.",
  ready: "A short break. It goes on in a moment.",
  tripped: "Safely stopped. We are looking after it.",
  unknown: "A short break.",
};

export function Visitors({ one }: { one: Live }) {
  const told = useLoaded<VisitorText>("api/v1/visitors", 30_000);
  const word = visitorWord(one.word, one.state);
  const text = told.value?.[word] || usual[word];
  const full = (): void => void document.documentElement.requestFullscreen().catch(() => undefined);
  return (
    <main class={`visitors ${word}`} data-view="visitors" data-testid="visitors">
      <h1 aria-live="polite">{text}</h1>
      <p>{one.state?.site ?? ""}</p>
      <nav class="visitors-way" aria-label="Visitors' page">
        <button type="button" onClick={full}>Full screen</button>
        <a href="#/overview">Back to the operator's page</a>
      </nav>
    </main>
  );
}

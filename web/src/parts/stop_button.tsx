// Always there, never disabled, never asks. The touch itself stops: a finger that slips has stopped too.
import { useEffect, useRef, useState } from "preact/hooks";
import { stopText, stopWord, type StopWord } from "../model/stop";
import { stop, stopRun } from "../net/stop";
import { useStore } from "../store";

const words: Record<StopWord, string> = {
  sent: "SENT", latched: "LATCHED", confirmed: "CONFIRMED", unproved: "LATCHED", "no answer": "NO ANSWER",
};

export function StopButton() {
  const run = useStore(stopRun);
  const touched = useRef(0);
  const [, tick] = useState(0);
  useEffect(() => {
    if (run === null || run.latchedAt !== null) return;
    const timer = setInterval(() => tick((one) => one + 1), 250);
    return () => clearInterval(timer);
  }, [run]);
  const touch = (): void => {
    touched.current = Date.now();
    stop();
  };
  // A key, or whatever helps a person who cannot point, makes a click without a touch. A stop too many is harmless, one too
  // few is not: only the click that follows a touch is left out.
  const click = (event: MouseEvent): void => {
    if (event.detail > 0 && Date.now() - touched.current < 2000) return;
    stop();
  };
  const now = Date.now();
  const word = run === null ? null : stopWord(run, now);
  return (
    <div class={`stop ${word === null ? "" : word.replace(" ", "-")}`}>
      <div class="stop-truth number" role="status" aria-live="assertive" data-testid="stop-truth">
        {run !== null && word !== null && (
          <>
            <strong>{words[word]}</strong>
            {stopText(run, now).map((line) => <span key={line}>{line}</span>)}
          </>
        )}
      </div>
      <button type="button" class="stop-button" data-testid="stop" onPointerDown={touch} onClick={click}
              aria-label="Stop the plant now">
        STOP
      </button>
    </div>
  );
}

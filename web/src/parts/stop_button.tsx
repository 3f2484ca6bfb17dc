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
    if (Date.now() - touched.current < 400) return;   // the click that follows a touch
    touched.current = Date.now();
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
      <button type="button" class="stop-button" data-testid="stop" onPointerDown={touch} onClick={touch}
              aria-label="Stop the plant now">
        STOP
      </button>
    </div>
  );
}

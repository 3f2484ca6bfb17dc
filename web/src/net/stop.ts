// The stop: sent at the first touch, sent again until it was taken. No sign-in, no question, no state in which it is not
// possible.
import { answered, begin, failed, over, seen, type StopRun } from "../model/stop";
import { Store } from "../store";
import { ask, live, onState } from "./live";
import { inWords, post } from "./api";

export const stopRun = new Store<StopRun | null>(null);

const again = 500;
const limitMs = 2000;
let running = 0;

async function send(mine: number): Promise<void> {
  const current = (): StopRun | null => (mine === running ? stopRun.get() : null);
  while (mine === running) {
    const began = Date.now();
    try {
      await post("api/v1/stop", { reason: "operator_command", description: "stop button", initiator: "page" }, limitMs);
      const run = current();
      if (run !== null) stopRun.set(answered(run, Date.now()));
      void follow(mine);
      return;
    } catch (error) {
      const run = current();
      if (run !== null) stopRun.set(failed(run, inWords(error)));
      await new Promise((done) => setTimeout(done, Math.max(50, again - (Date.now() - began))));
    }
  }
}

// Asks until the plant is seen safe: the push may be late, and the truth is what somebody waits for.
async function follow(mine: number): Promise<void> {
  for (let i = 0; i < 100 && mine === running && stopRun.get()?.confirmedAt === null; ++i) {
    await ask();
    await new Promise((done) => setTimeout(done, i < 20 ? 50 : 300));
  }
}

export function stop(): void {
  const one = live.get();
  stopRun.set(begin(Date.now(), one.fresh === "live" ? one.state : null));
  void send(++running);
}

onState((state, at) => {
  const run = stopRun.get();
  if (run === null) return;
  if (over(run, state)) {
    ++running;
    stopRun.set(null);
    return;
  }
  stopRun.set(seen(run, state, at));
});

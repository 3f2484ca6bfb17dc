// The second that ages are counted with: the plant's clock, not that of the device that shows the page.
import { parsed } from "./model/words";
import { useStore, Store } from "./store";

let ahead = 0;   // of this device's clock, ms
const worthMending = 1500;

export const clockAhead = (): number => ahead;

// `at`: what the supervisor's clock says, now.
export function hearClock(at: unknown): void {
  const there = typeof at === "string" ? parsed(at) : null;
  if (there === null) return;
  const difference = there - Date.now();
  if (Math.abs(difference - ahead) > worthMending) ahead = Math.abs(difference) > worthMending ? difference : 0;
}

const now = new Store(Date.now());
setInterval(() => now.set(Date.now() + ahead), 1000);

export const useNow = (): number => useStore(now);
// Of this device, as the age of what was heard is counted with.
const own = new Store(Date.now());
setInterval(() => own.set(Date.now()), 1000);
export const useOwnNow = (): number => useStore(own);

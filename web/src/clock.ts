// The second that ages are counted with: the plant's clock, not that of the device that shows the page.
import { PlantClock } from "./model/plant_clock";
import { useStore, Store } from "./store";

const worthMending = 1500;
export const plantClock = new PlantClock();

// The plant's clock before that of this device, ms, where that is worth telling apart.
export const clockAhead = (): number => (Math.abs(plantClock.ahead) > worthMending ? plantClock.ahead : 0);

const now = new Store(Date.now());
setInterval(() => now.set(Date.now() + clockAhead()), 1000);

export const useNow = (): number => useStore(now);
// Of this device, as the age of what was heard is counted with.
const own = new Store(Date.now());
setInterval(() => own.set(Date.now()), 1000);
export const useOwnNow = (): number => useStore(own);

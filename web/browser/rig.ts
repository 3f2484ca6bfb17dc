// One simulated plant and one browser for all the tests of a file; both are there once the first test begins.
import { afterAll, beforeAll } from "vitest";
import type { Browser } from "playwright-core";
import { launch } from "./browser";
import { Plant } from "./plant";

export let plant: Plant, browser: Browser;
beforeAll(async () => {
  plant = await Plant.start();
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  await plant?.end();
});

// Another plant in its place, for the rest of the file.
export async function restart(options: Parameters<typeof Plant.start>[0]): Promise<void> {
  await plant.end();
  plant = await Plant.start(options);
}

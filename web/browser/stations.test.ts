// The controller of a bus: who is there, who has confirmed the stop, who fell silent.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { desktop, open, phone } from "./browser";
import { until } from "./plant";
import { browser, plant, restart } from "./rig";
import { go, showsWord, tooWide, violations } from "./steps";

const pictures = process.env.STANDSTILL_PAGE_PICTURES ?? "";
const screens = [
  { name: "desktop", viewport: desktop, colorScheme: "light" as const },
  { name: "desktop-dark", viewport: desktop, colorScheme: "dark" as const },
  { name: "phone", viewport: phone, colorScheme: "light" as const },
  { name: "phone-dark", viewport: phone, colorScheme: "dark" as const },
];

beforeAll(() => restart({ stations: 3 }));

async function look(state: string): Promise<void> {
  const wrong: string[] = [];
  for (const { name, ...screen } of screens) {
    const context = await browser.newContext({ ...screen, reducedMotion: "reduce" });
    const { page, foreign, trouble } = await open(context, plant.url);
    await go(page, plant, "stations");
    await page.locator("tbody tr").nth(2).waitFor({ timeout: 60_000 });
    wrong.push(...(await violations(page, `stations on ${name}, ${state}`)), ...(await tooWide(page, `stations on ${name}`)));
    if (pictures !== "") {
      mkdirSync(pictures, { recursive: true });
      await page.screenshot({ path: join(pictures, `page-stations-${state}-${name}.png`) });
    }
    expect([foreign, trouble]).toEqual([[], []]);
    await context.close();
  }
  expect(wrong).toEqual([]);
}

describe("the stations of a bus", () => {
  it("are quiet while they are heard, confirm a stop, and are missed when they fall silent", async () => {
    await until("all three", async () => (await plant.state()).stations?.filter((one) => one.last_heard_ms >= 0).length === 3, 120_000);
    await plant.bringUp();
    const context = await browser.newContext({ viewport: desktop });
    const { page } = await open(context, plant.url);
    await go(page, plant, "stations");
    await showsWord(page, "RUNNING");
    const row = (name: string) => page.locator("tbody tr", { hasText: name });
    for (const name of ["bench-1", "bench-2", "bench-3"]) await row(name).locator(".chip.plain", { hasText: "heard" }).waitFor({ timeout: 60_000 });
    await look("running");

    await plant.bringUp();
    await page.getByTestId("stop").click();
    await showsWord(page, "TRIPPED");
    const { epoch } = await plant.state();
    await page.getByText(`3 of 3 confirmed epoch ${epoch}`).waitFor({ timeout: 60_000 });
    await row("bench-2").locator(".chip.ok", { hasText: `confirmed epoch ${epoch}` }).waitFor({ timeout: 60_000 });
    await look("tripped");

    await plant.stations!.tell("cut bench-2 on");
    await row("bench-2").locator(".chip.warn", { hasText: "silent" }).waitFor({ timeout: 60_000 });
    await go(page, plant, "overview");
    await page.locator(".alarm", { hasText: "Station bench-2 is silent" }).waitFor({ timeout: 60_000 });
    await plant.stations!.tell("cut bench-2 off");
    await until("it to be heard again", async () => (await page.locator(".alarm", { hasText: "bench-2" }).count()) === 0);
    await context.close();
  });
});

// Every page, on a desktop and on a phone, bright and dark, with the plant running and tripped.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { desktop, open, phone } from "./browser";
import { until } from "./plant";
import { browser, plant } from "./rig";
import { go, showsWord, tooWide, violations } from "./steps";

const views = ["overview", "recovery", "incident", "layout", "values", "locomotive", "tests", "rehearsal", "visitors"];
const screens = [
  { name: "desktop", viewport: desktop, colorScheme: "light" as const, hasTouch: false },
  { name: "desktop-dark", viewport: desktop, colorScheme: "dark" as const, hasTouch: false },
  { name: "phone", viewport: phone, colorScheme: "light" as const, hasTouch: true },
  { name: "phone-dark", viewport: phone, colorScheme: "dark" as const, hasTouch: true },
];
const pictures = process.env.STANDSTILL_PAGE_PICTURES ?? "";

beforeAll(() => plant.bringUp());

async function lookAtEverything(state: string): Promise<void> {
  const wrong: string[] = [];
  for (const screen of screens) {
    if (state === "RUNNING") await plant.bringUp();   // a machine that stood still for seconds trips it
    const context = await browser.newContext({ ...screen, reducedMotion: "reduce" });
    const { page, foreign, trouble } = await open(context, plant.url);
    await showsWord(page, state);
    for (const view of views) {
      const what = `${view} on ${screen.name}, ${state}`;
      await go(page, plant, view);
      if (view === "visitors") {
        await page.getByTestId("visitors").waitFor();
        if (state === "RUNNING") await page.getByText("Welcome to the club.").waitFor({ timeout: 60_000 });
      } else await page.locator("main :is(h1, h2)").first().waitFor();
      if (view === "layout") await page.locator("svg.plan .block").first().waitFor({ timeout: 60_000 });
      if (view === "incident") await page.locator("svg.timeline").waitFor({ timeout: 60_000 });
      if (view === "locomotive") await page.locator("[data-cv='42'] td.right", { hasText: "110" }).waitFor({ timeout: 60_000 });
      if (view === "values") await page.locator(".uplot").waitFor({ timeout: 60_000 });
      wrong.push(...(await violations(page, what)), ...(await tooWide(page, what)));
      if (view !== "visitors") {
        const stop = await page.getByTestId("stop").boundingBox();
        expect(Math.min(stop!.width, stop!.height), `the stop button: ${what}`).toBeGreaterThanOrEqual(64);
        // axe takes the page's only thread for seconds where the machine is slow; then it shows what is true again.
        await showsWord(page, state);
      }
      if (pictures !== "") {
        mkdirSync(pictures, { recursive: true });
        await page.waitForTimeout(600);
        await page.screenshot({ path: join(pictures, `page-${view}-${state.toLowerCase()}-${screen.name}.png`) });
      }
    }
    expect(foreign, "requests that leave the machine").toEqual([]);
    expect(trouble, "what the page threw").toEqual([]);
    await context.close();
  }
  expect(wrong).toEqual([]);
}

describe("every page", () => {
  it("is shown also when the address changes while the page is being made", async () => {
    const context = await browser.newContext({ viewport: desktop });
    const page = await context.newPage();
    await page.addInitScript(() => {   // as soon as the first view stands, before anything on the page listens
      const watch = new MutationObserver(() => {
        if (document.querySelector("main") === null) return;
        watch.disconnect();
        location.hash = "#/values";
      });
      watch.observe(document, { childList: true, subtree: true });
    });
    await page.goto(plant.url);
    await page.locator('main[data-view="values"]').waitFor();
    await context.close();
  });

  it("while the plant runs", () => lookAtEverything("RUNNING"));
  it("when it has tripped", async () => {
    await plant.layout.tell("crash");
    await until("the trip", async () => (await plant.state()).state === "tripped");
    await lookAtEverything("TRIPPED");
  });
});

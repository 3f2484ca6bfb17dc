// What flashes is what nobody has acknowledged, and nothing moves where that is asked for.
import { beforeAll, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { desktop, open } from "./browser";
import { until } from "./plant";
import { browser, plant, restart } from "./rig";
import { go, say, showsWord, signIn } from "./steps";

beforeAll(() => plant.bringUp());

// The animations that run, and how long one turn of each takes, ms.
const moving = (page: Page): Promise<Record<string, number>> => page.evaluate(() => Object.fromEntries(document.getAnimations()
  .filter((one) => one.playState === "running")
  .map((one) => [(one as CSSAnimation).animationName, Number(one.effect!.getComputedTiming().duration)])));

describe("calm", () => {
  it("nothing moves where reduced motion is asked for: no flash, and no train", async () => {
    const context = await browser.newContext({ viewport: desktop, reducedMotion: "reduce" });
    const { page } = await open(context, plant.url);
    await go(page, plant, "layout");
    await page.locator("svg.plan .moving").first().waitFor({ timeout: 60_000 });
    expect(await moving(page)).toEqual({});
    await page.emulateMedia({ reducedMotion: "no-preference" });
    await until("the trains to move where it is not", async () => "roll" in (await moving(page)));
    await page.emulateMedia({ reducedMotion: "reduce" });
    await plant.layout.tell("crash");
    await showsWord(page, "TRIPPED");
    await go(page, plant, "overview");
    await page.locator(".alarm.flash").first().waitFor({ timeout: 60_000 });
    expect(await moving(page)).toEqual({});
    await plant.layout.tell("restart 100");
    await context.close();
  });

  it("only what is unacknowledged flashes, once a second", async () => {
    const context = await browser.newContext({ viewport: desktop });
    const { page } = await open(context, plant.url);
    await plant.bringUp();
    await showsWord(page, "RUNNING");
    expect(await moving(page)).toEqual({});
    await plant.layout.tell("crash");   // a cause that lasts
    await showsWord(page, "TRIPPED");
    await until("both to flash", async () => Object.keys(await moving(page)).length === 2);
    expect(await moving(page)).toEqual({ flash: 1000, alarm: 1000 });
    await signIn(page, plant);
    await say(page, "ack");
    await until("the acknowledgement", async () => (await plant.state()).acknowledged);
    await go(page, plant, "overview");
    await page.locator(".alarm").first().waitFor({ timeout: 60_000 });
    await until("the flashing to end", async () => Object.keys(await moving(page)).length === 0);
    await plant.layout.tell("restart 100");
    await context.close();
  });
});

describe("a proof test that is overdue", () => {
  it("is an alarm until one has passed", async () => {
    await restart({ installedDaysAgo: 200 });
    await plant.bringUp();
    const context = await browser.newContext({ viewport: desktop });
    const { page } = await open(context, plant.url);
    const alarm = page.locator(".alarm", { hasText: "The proof test of track-power is overdue" });
    await alarm.waitFor({ timeout: 90_000 });
    expect(await page.getByTestId("sentence").innerText()).toContain("see what needs you");
    await signIn(page, plant);
    await go(page, plant, "tests");
    const row = page.locator(".panel.prooftests li", { hasText: "track-power" });
    await row.getByText("overdue").waitFor({ timeout: 60_000 });
    await plant.bringUp();
    await row.getByRole("button", { name: "Run it" }).click({ timeout: 60_000 });
    await row.getByRole("button", { name: "Trip the plant now" }).click({ timeout: 60_000 });
    await page.getByText("Proof test of track-power passed.").waitFor({ timeout: 90_000 });
    await go(page, plant, "overview");
    await until("the alarm to go", async () => (await alarm.count()) === 0, 90_000);
    expect(await page.locator(".alarm", { hasText: "The proof test of mains is overdue" }).count(), "the other one was not tested").toBe(1);
    await context.close();
  });
});

// Stop it, and get it going again: by touch on a phone, by keyboard on a desktop.
import { beforeEach, describe, expect, it } from "vitest";
import { desktop, open, phone } from "./browser";
import { until } from "./plant";
import { browser, plant } from "./rig";
import { go, say, showsWord, signIn } from "./steps";

beforeEach(() => plant.bringUp());

describe("stop", () => {
  it("is one touch on a phone, without a sign-in, and tells the truth in steps", async () => {
    const context = await browser.newContext({ viewport: phone, hasTouch: true });
    const { page } = await open(context, plant.url);
    await showsWord(page, "RUNNING");
    const before = await plant.state();
    const box = (await page.getByTestId("stop").boundingBox())!;
    await page.touchscreen.tap(box.x + box.width / 2, box.y + box.height / 2);
    const truth = page.getByTestId("stop-truth");
    await until("the latch on the page", async () => /latched after \d+ ms/.test(await truth.innerText()));
    await until("the proof on the page", async () => /confirmed 1 of 2 after \d+ ms/.test(await truth.innerText()));
    expect(await truth.innerText()).toContain("1 without a read-back: look at it");
    await showsWord(page, "TRIPPED");
    const after = await plant.state();
    expect(after.epoch).toBe(before.epoch + 1);   // one touch, one trip
    expect(after.first_out).toMatchObject({ code: "operator_command" });
    await context.close();
  });

  it("works by keyboard, from every view", async () => {
    const context = await browser.newContext({ viewport: desktop });
    const { page } = await open(context, plant.url);
    await go(page, plant, "layout");
    await showsWord(page, "RUNNING");
    await page.getByRole("button", { name: "Stop the plant now" }).focus();
    await page.keyboard.press("Enter");
    await showsWord(page, "TRIPPED");
    await context.close();
  });

  it("is reached by the first two steps of the tabulator", async () => {
    const context = await browser.newContext({ viewport: desktop });
    const { page } = await open(context, plant.url);
    await showsWord(page, "RUNNING");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.getAttribute("data-testid"))).toBe("stop");
    await context.close();
  });
});

describe("recovery", () => {
  it("acknowledge, a reset that is refused with its reasons, reset, start", async () => {
    const context = await browser.newContext({ viewport: desktop });
    const { page } = await open(context, plant.url);
    await showsWord(page, "RUNNING");
    await plant.layout.tell("crash");
    await showsWord(page, "TRIPPED");
    await go(page, plant, "recovery");
    expect(await page.locator('[data-word="ack"]').isDisabled()).toBe(true);   // nobody is signed in
    await signIn(page, plant);
    await say(page, "ack");
    await until("the acknowledgement", async () => (await plant.state()).acknowledged);
    await say(page, "reset");
    const refusal = page.locator(".release .note");
    await refusal.waitFor({ timeout: 60_000 });
    expect(await refusal.innerText()).toMatch(/Refused: reset is not possible yet[\s\S]*layout/);
    expect((await plant.state()).state).toBe("tripped");
    await plant.layout.tell("restart 100");
    await until("the layout to be back", async () => (await plant.state()).links[0]!.state === "online");
    await until("the reset to be taken", async () => {
      if ((await plant.state()).state === "ready") return true;
      await say(page, "reset");
      await page.waitForTimeout(500);
      return undefined;
    });
    await showsWord(page, "READY");
    await say(page, "start");
    await showsWord(page, "RUNNING");
    expect(await page.getByTestId("word").innerText()).toBe("RUNNING");
    await go(page, plant, "incident");
    await page.locator(".panel.released").waitFor({ timeout: 60_000 });
    expect(await page.locator(".panel.released").innerText()).toMatch(/start anna/);
    await context.close();
  });

  it("a session that has ended is said on every view, and not that somebody is signed in", async () => {
    const context = await browser.newContext({ viewport: desktop });
    const { page } = await open(context, plant.url);
    await signIn(page, plant);
    await page.evaluate(() => fetch("api/v1/logout", { method: "POST" }));   // as its end, or a new supervisor, would
    await go(page, plant, "rehearsal");
    await page.locator(".peer-layout").getByRole("button", { name: "status", exact: true }).click({ timeout: 60_000 });
    await page.getByText("You are not signed in any more").waitFor({ timeout: 60_000 });
    await page.getByLabel("Secret").waitFor({ timeout: 60_000 });
    expect(await page.getByTestId("who").count()).toBe(0);
    await context.close();
  });

  it("who signs in on another tab is whom this one asks for, and it says so", async () => {
    const context = await browser.newContext({ viewport: desktop });
    const { page } = await open(context, plant.url);
    const { page: other } = await open(context, plant.url);
    await page.getByTestId("stop").click();
    await showsWord(page, "TRIPPED");
    await go(other, plant, "recovery");
    await other.getByLabel("Secret").waitFor({ timeout: 60_000 });
    await signIn(page, plant);
    await signIn(other, plant);
    await say(page, "ack");
    await page.getByText("signed in anew in this browser").waitFor({ timeout: 60_000 });
    expect((await plant.state()).acknowledged).toBe(false);
    await say(page, "ack");
    await until("the acknowledgement", async () => (await plant.state()).acknowledged);
    await context.close();
  });

  it("a viewer may look and stop, and release nothing", async () => {
    const context = await browser.newContext({ viewport: desktop });
    const { page } = await open(context, plant.url);
    await signIn(page, plant, plant.viewer);
    await page.getByTestId("stop").click();
    await showsWord(page, "TRIPPED");
    expect(await page.locator('[data-word="ack"]').isDisabled()).toBe(true);
    expect(await page.locator(".signed-in").innerText()).toContain("viewer");
    await context.close();
  });

  it("a wrong secret is refused in words, and nothing is kept of it", async () => {
    const context = await browser.newContext({ viewport: desktop });
    const { page } = await open(context, plant.url);
    await go(page, plant, "recovery");
    await page.getByLabel("Name").fill("anna");
    await page.getByLabel("Secret").fill("not-the-secret");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.locator(".sign-in .note").waitFor({ timeout: 60_000 });
    expect(page.url()).not.toContain("not-the-secret");
    expect(await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]))).not.toContain("not-the-secret");
    await context.close();
  });

  it("the incident can be saved as CSV and JSON", async () => {
    const context = await browser.newContext({ viewport: desktop, acceptDownloads: true });
    const { page } = await open(context, plant.url);
    await page.getByTestId("stop").click();
    await showsWord(page, "TRIPPED");
    await go(page, plant, "incident");
    await page.locator("svg.timeline").waitFor({ timeout: 60_000 });
    for (const [name, ending] of [["Save as CSV", ".csv"], ["Save as JSON", ".json"]] as const) {
      const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
      expect(download.suggestedFilename()).toMatch(new RegExp(`^incident-club-layout-epoch-\\d+\\${ending}$`));
    }
    await context.close();
  });
});

// The page never shows the last state as if it were the present one.
import { beforeEach, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { desktop, open, word } from "./browser";
import { until } from "./plant";
import { browser, plant } from "./rig";
import { SlowLine } from "./slow_line";
import { showsWord } from "./steps";

beforeEach(() => plant.bringUp());

// From the supervisor's last word on, RUNNING may be shown for the two seconds after which the page calls itself late, and
// for as long again as a slow machine may need to notice. After that, never.
async function neverRunningAgain(page: Page, since: number, limitMs: number): Promise<void> {
  await showsWord(page, "UNKNOWN");
  const noticed = Date.now() - since;
  for (const end = Date.now() + limitMs; Date.now() < end; await page.waitForTimeout(100)) expect(await word(page)).not.toBe("RUNNING");
  expect(noticed).toBeLessThan(30_000);
}

describe("UNKNOWN, never the last state", () => {
  it("when the supervisor is killed; and the truth once it is back", async () => {
    const context = await browser.newContext({ viewport: desktop });
    const { page } = await open(context, plant.url);
    await showsWord(page, "RUNNING");
    plant.signal("SIGKILL");
    await neverRunningAgain(page, Date.now(), 6000);
    expect(await page.title()).toContain("UNKNOWN");
    expect(await page.evaluate(() => document.documentElement.dataset.fresh)).toBe("gone");
    const struck = await page.locator("[data-output] .chip").first().evaluate((one) => getComputedStyle(one).textDecorationLine);
    expect(struck).toContain("line-through");
    const pictures = process.env.STANDSTILL_PAGE_PICTURES ?? "";
    if (pictures !== "") await page.screenshot({ path: `${pictures}/page-gone-desktop.png` });
    await plant.startSupervisor();
    await showsWord(page, "TRIPPED");
    await context.close();
  });

  it("when the supervisor hangs", async () => {
    const context = await browser.newContext({ viewport: desktop });
    const { page } = await open(context, plant.url);
    await showsWord(page, "RUNNING");
    plant.signal("SIGSTOP");
    const since = Date.now();
    try {
      await neverRunningAgain(page, since, 5000);
    } finally {
      plant.signal("SIGCONT");
    }
    await showsWord(page, "TRIPPED");   // the guard cut meanwhile
    await context.close();
  });

  it("and the stop button says that nobody answers, and goes on trying until somebody does", async () => {
    const context = await browser.newContext({ viewport: desktop });
    const { page } = await open(context, plant.url);
    await showsWord(page, "RUNNING");
    plant.signal("SIGKILL");
    await showsWord(page, "UNKNOWN");
    await page.getByTestId("stop").click();
    const truth = page.getByTestId("stop-truth");
    await until("the words that help", async () => /NO ANSWER[\s\S]*red button/.test(await truth.innerText()));
    await plant.startSupervisor();
    await until("the stop to arrive", async () => /latched after/.test(await truth.innerText()));
    await context.close();
  });

  it("a page that was opened while nobody answers shows none", async () => {
    const context = await browser.newContext({ viewport: desktop });
    const { page } = await open(context, plant.url);
    await page.route("**/api/**", (route) => route.abort());
    await page.routeWebSocket("**/api/**", (socket) => socket.close());
    await page.reload();
    await showsWord(page, "UNKNOWN");
    expect(await page.locator("main").innerText()).toContain("No state has been heard yet");
    await context.close();
  });

  it("a WebSocket that is cut off leaves the page live by asking, and says so", async () => {
    const context = await browser.newContext({ viewport: desktop });
    await context.routeWebSocket("**/api/**", (socket) => socket.close());
    const { page } = await open(context, plant.url);
    await showsWord(page, "RUNNING");
    await page.waitForTimeout(3000);
    expect(await word(page)).toBe("RUNNING");
    expect(await page.locator(".banner-facts").innerText()).toContain("asked once a second");
    await context.close();
  });

  it("a WebSocket that is open and silent proves nothing", async () => {
    const context = await browser.newContext({ viewport: desktop });
    await context.routeWebSocket("**/api/**", () => undefined);   // taken up, and never a word
    await context.route("**/api/v1/state", (route) => route.abort());
    const { page } = await open(context, plant.url);
    await page.waitForTimeout(1500);
    expect(await word(page)).toBe("UNKNOWN");
    await context.close();
  });

  it("a line that holds back what it was given brings old states, and none of them is shown", async () => {
    const line = await SlowLine.before(plant.port);
    const context = await browser.newContext({ viewport: desktop });
    try {
      const { page } = await open(context, line.url);
      await showsWord(page, "RUNNING");
      await page.route("**/api/v1/state", (route) => route.abort());   // else it would ask, and know
      line.heldBackMs = 4000;
      await page.waitForTimeout(3000);
      await showsWord(page, "UNKNOWN");
      const before = line.passed;
      for (const end = Date.now() + 9000; Date.now() < end; await page.waitForTimeout(50)) expect(await word(page)).not.toBe("RUNNING");
      expect(line.passed - before, "old states that came meanwhile").toBeGreaterThan(3);
      await page.unroute("**/api/v1/state");
      await plant.bringUp();
      await showsWord(page, "RUNNING");   // by asking, past what still comes late
      expect(await page.locator(".banner-facts").innerText()).toContain("asked once a second");
      await fetch(`${plant.url}api/v1/stop`, { method: "POST" });
      await showsWord(page, "TRIPPED");
      line.heldBackMs = 0;
      await until("the push to be believed again", async () => /live(?!,)/.test(await page.locator(".banner-facts").innerText()));
    } finally {
      await context.close();
      await line.end();
    }
  });
});

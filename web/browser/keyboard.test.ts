// By keyboard alone: everything is reached, in the order of the page, and nothing that has the focus is hidden.
import { beforeAll, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { desktop, open, phone } from "./browser";
import { browser, plant } from "./rig";
import { go, showsWord } from "./steps";

beforeAll(() => plant.bringUp());

interface Step {
  which: number;        // its place among all elements
  what: string;
  hidden: boolean;      // by the word or the stop button, or out of sight
  outlined: boolean;
}

const step = (page: Page): Promise<Step | null> => page.evaluate(() => {
  const one = document.activeElement;
  if (one === null || one === document.body) return null;
  const box = one.getBoundingClientRect();
  const [left, right] = [Math.max(box.left, 0), Math.min(box.right, innerWidth)];   // the part that is on the screen
  const top = document.elementFromPoint((left + right) / 2, box.top + box.height / 2);
  const tall = box.height > innerHeight / 2;   // a table that scrolls: a part of it is in sight
  return {
    which: [...document.querySelectorAll("*")].indexOf(one),
    what: `${one.tagName.toLowerCase()} ${(one.getAttribute("data-testid") ?? one.getAttribute("aria-label") ?? one.textContent ?? "").slice(0, 40)}`,
    hidden: right - left < 12 || !tall && (top === null || !(one.contains(top) || top.contains(one) || one.closest("label")?.contains(top) === true)),
    outlined: getComputedStyle(one).outlineStyle !== "none",
  };
});

describe("the keyboard", () => {
  for (const [name, viewport, views] of [["a desktop", desktop, ["overview", "values", "locomotive", "rehearsal"]], ["a phone", phone, ["overview", "rehearsal"]]] as const)
    it(`reaches everything on ${name}, and shows where it is`, async () => {
      const context = await browser.newContext({ viewport });
      const { page } = await open(context, plant.url);
      for (const view of views) {
        await go(page, plant, view);
        await page.reload();
        await showsWord(page, "RUNNING");
        await page.locator("main .panel").nth(1).waitFor({ timeout: 60_000 });
        const seen: Step[] = [], back: Step[] = [];
        const last = await page.evaluate(() => [...document.querySelectorAll("a[href], button:not([disabled]), input:not([disabled]), select, summary, .scroll")].filter((one) => one.checkVisibility()).length);
        // At the end of the page the browser goes on at its other end, sometimes by way of nothing at all.
        for (const [key, list] of [["Tab", seen], ["Shift+Tab", back]] as const)   // backwards, what comes is above
          for (let i = 0; i < last + 5; ++i) {
            await page.keyboard.press(key);
            const now = await step(page);
            if (now !== null) list.push(now);
          }
        const different = (list: Step[]): number => new Set(list.map((one) => one.which)).size;
        expect(seen[1]?.what, view).toBe("button stop");
        expect(different(seen), `${view}: everything that can be used`).toBeGreaterThanOrEqual(last);
        expect(different(back), `${view}, backwards`).toBeGreaterThanOrEqual(last);
        expect([...seen, ...back].filter((one) => one.hidden || !one.outlined), view).toEqual([]);
      }
      await context.close();
    });
});

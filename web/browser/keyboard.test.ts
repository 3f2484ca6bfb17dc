// By keyboard alone: everything is reached, in the order of the page, and nothing that has the focus is hidden.
import { beforeAll, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { desktop, open, phone } from "./browser";
import { browser, plant } from "./rig";
import { go, showsWord } from "./steps";

beforeAll(() => plant.bringUp());

interface Step {
  what: string;
  hidden: boolean;      // by the word or the stop button, or out of sight
  outlined: boolean;
}

const step = (page: Page): Promise<Step | null> => page.evaluate(() => {
  const one = document.activeElement;
  if (one === null || one === document.body) return null;
  const box = one.getBoundingClientRect();
  const top = document.elementFromPoint(box.left + Math.min(box.width, innerWidth - box.left) / 2, box.top + box.height / 2);
  const tall = box.height > innerHeight / 2;   // a table that scrolls: a part of it is in sight
  return {
    what: `${one.tagName.toLowerCase()} ${(one.getAttribute("data-testid") ?? one.getAttribute("aria-label") ?? one.textContent ?? "").slice(0, 40)}`,
    hidden: !tall && (top === null || !(one.contains(top) || top.contains(one) || one.closest("label")?.contains(top) === true)),
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
        const seen: Step[] = [];
        const last = await page.evaluate(() => [...document.querySelectorAll("a[href], button:not([disabled]), input:not([disabled]), select, summary, .scroll")].filter((one) => one.checkVisibility()).length);
        for (let i = 0; i < last + 5; ++i) {
          await page.keyboard.press("Tab");
          const now = await step(page);
          if (now === null) break;
          seen.push(now);
        }
        expect(seen[1]?.what, view).toBe("button stop");
        expect(seen.length, `${view}: everything that can be used`).toBeGreaterThanOrEqual(last);
        expect(seen.filter((one) => one.hidden || !one.outlined), view).toEqual([]);
      }
      await context.close();
    });
});

// What people do on the page, for tests to do.
import axe from "axe-core";
import type { Page } from "playwright-core";
import { word } from "./browser";
import { until, type Plant } from "./plant";

export async function go(page: Page, plant: Plant, view: string): Promise<void> {
  await page.goto(`${plant.url}#/${view}`);
  await page.locator(`main[data-view="${view}"]`).waitFor();
}

export const showsWord = (page: Page, expected: string, limitMs = 60_000): Promise<boolean> =>
  until(`the word ${expected}`, async () => (await word(page)) === expected, limitMs);

export async function signIn(page: Page, plant: Plant, line = plant.secret): Promise<void> {
  await go(page, plant, "recovery");
  const [name, secret] = [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)];
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Secret").fill(secret);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByTestId("who").waitFor({ timeout: 60_000 });
}

export const say = (page: Page, name: "ack" | "reset" | "start"): Promise<void> =>
  page.locator(`[data-word="${name}"]:not([disabled])`).click({ timeout: 60_000 });

// Every rule of WCAG 2.0 to 2.2, A and AA, and axe's own good practice: what is violated.
export async function violations(page: Page, what: string): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => (window as unknown as { axe: typeof axe }).axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  return found.violations.map((one) => `${what}: ${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html).join(" ")}`);
}

export async function tooWide(page: Page, what: string): Promise<string[]> {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  return over > 0 ? [`${what}: ${over} pixels wider than the screen`] : [];
}

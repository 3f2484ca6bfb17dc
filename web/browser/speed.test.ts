// How fast the page is: measured and printed; what fails is only what no machine's load explains. `npm run speed`, for a
// machine that does nothing else, fails beyond the limits of docs/page.md.
import { gzipSync } from "node:zlib";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { desktop, open } from "./browser";
import { pause, until } from "./plant";
import { browser, plant, restart } from "./rig";
import { go, showsWord } from "./steps";

const dist = join(__dirname, "../dist");
const files = (folder: string): string[] => readdirSync(folder).flatMap((name) => {
  const path = join(folder, name);
  return statSync(path).isDirectory() ? files(path) : [path];
});

const nth = (list: number[], part: number): number => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * part))] ?? NaN;
const strict = process.env.STANDSTILL_PAGE_LIMITS === "1";
// What holds anywhere, and what holds where nothing else runs.
const below = (seen: number, anywhere: number, quiet: number): void => expect(seen).toBeLessThan(strict ? quiet : anywhere);
const tell = (line: string): void => console.log(`speed: ${line}`);

const frames = (page: Page, ms: number): Promise<number[]> => page.evaluate((limit) => new Promise<number[]>((done) => {
  const seen: number[] = [], began = performance.now();
  let last = began;
  const turn = (now: number): void => {
    seen.push(now - last);
    last = now;
    if (now - began < limit) requestAnimationFrame(turn);
    else done(seen.slice(1));
  };
  requestAnimationFrame(turn);
}), ms);

beforeAll(() => plant.bringUp());

describe("speed", () => {
  it("the page is smaller than 250 KB, compressed", () => {
    const bytes = files(dist).reduce((sum, file) => sum + gzipSync(readFileSync(file), { level: 9 }).length, 0);
    tell(`the page has ${(bytes / 1024).toFixed(1)} KiB, compressed`);
    expect(bytes).toBeLessThan(250_000);
  });

  it("first contentful paint", async () => {
    const seen: number[] = [];
    for (let i = 0; i < 5; ++i) {
      const context = await browser.newContext({ viewport: desktop });
      const { page } = await open(context, plant.url);
      await showsWord(page, "RUNNING");
      seen.push(await until("the paint", () => page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime)));
      await context.close();
    }
    tell(`first contentful paint: median ${nth(seen, 0.5).toFixed(0)} ms, slowest of ${seen.length} ${Math.max(...seen).toFixed(0)} ms`);
    below(nth(seen, 0.5), 20_000, 1000);
  });

  it("a trip is on the screen", async () => {
    const context = await browser.newContext({ viewport: desktop });
    const { page } = await open(context, plant.url);
    const seen: number[] = [];
    for (let i = 0; i < 5; ++i) {
      await plant.bringUp();
      await showsWord(page, "RUNNING");
      const shown = page.evaluate(() => new Promise<number>((done) => {
        const look = (): void => void (document.documentElement.dataset.word === "TRIPPED" ? done(Date.now()) : requestAnimationFrame(look));
        look();
      }));
      await fetch(`${plant.url}api/v1/stop`, { method: "POST" });
      const at = await shown;
      const { epoch } = await plant.state();
      const trip = await until("the trip in the journal", async () => {
        const answer = (await (await fetch(`${plant.url}api/v1/journal?epoch=${epoch}&limit=100`)).json()) as { events: { kind: string; wall_ns: number }[] };
        return answer.events.find((one) => one.kind === "trip");
      });
      seen.push(at - trip.wall_ns / 1e6);
    }
    tell(`from the trip to the screen: median ${nth(seen, 0.5).toFixed(0)} ms, slowest of ${seen.length} ${Math.max(...seen).toFixed(0)} ms`);
    below(nth(seen, 0.5), 10_000, 100);
    await context.close();
  });

  it("frames with 60 events a second and a layout of 2000 objects", async () => {
    await plant.layout.tell("big 2000");
    const file = join(tmpdir(), `standstill-page-plan-${process.pid}.xml`);
    writeFileSync(file, String((await plant.layout.tell("plan")).plan));
    await restart({ plan: file });
    rmSync(file);
    const context = await browser.newContext({ viewport: desktop });
    const { page } = await open(context, plant.url);
    await go(page, plant, "layout");
    const quiet = await until("the large plan", async () => ((await page.locator("svg.plan > g > *").count()) >= 1000 ? true : undefined)).then(() => frames(page, 5000));
    const live = (await (await fetch(`${plant.url}api/v1/snapshots/live`)).json()) as { feedbacks: { id: string }[] };
    let told = 0;
    const end = Date.now() + 10_000;
    const events = (async () => {
      for (let i = 0; Date.now() < end; ++i) {
        const { id } = live.feedbacks[i % live.feedbacks.length]!;
        void plant.layout.tell(`set ${id} ${i % 2 === 0 ? "on" : "off"}`).then(() => ++told, () => undefined);
        await pause(1000 / 60);
      }
    })();
    // The processor time of the page's own thread, which no other load on the machine adds to.
    const client = await context.newCDPSession(page);
    await client.send("Performance.enable", { timeDomain: "threadTicks" });
    const spent = async (): Promise<Map<string, number>> =>
      new Map((await client.send("Performance.getMetrics")).metrics.map((one) => [one.name, one.value * 1000]));
    const from = await spent();
    const busy = await frames(page, 9000);
    const to = await spent();
    const used = (name: string): number => (to.get(name) ?? 0) - (from.get(name) ?? 0);
    await events;
    const [script, style, layout, all] = ["ScriptDuration", "RecalcStyleDuration", "LayoutDuration", "TaskDuration"].map(used) as [number, number, number, number];
    tell(`processor time in 9 s of it: scripts ${script.toFixed(0)} ms, styles ${style.toFixed(0)} ms, layout ${layout.toFixed(0)} ms, all tasks ${all.toFixed(0)} ms; ${(all / busy.length).toFixed(1)} ms a frame`);
    tell(`${told} events in 10 s; frame interval, 95th percentile: ${nth(busy, 0.95).toFixed(1)} ms, without events ${nth(quiet, 0.95).toFixed(1)} ms`);
    expect(told).toBeGreaterThan(50);
    expect(busy.length).toBeGreaterThan(10);
    if (strict) expect(nth(busy, 0.95)).toBeLessThan(34);
    // A plan that was drawn anew for every event would cost more than the page has: 60 a second, tens of ms each.
    expect(script / told).toBeLessThan(40);
    await context.close();
  });
});

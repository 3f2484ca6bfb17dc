// Beside stopping and recovering: the report on paper, what was allowed, alarms put aside, a rehearsal.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { desktop, open } from "./browser";
import { until } from "./plant";
import { browser, plant, restart } from "./rig";
import { go, showsWord, signIn } from "./steps";

beforeEach(() => plant.bringUp());

const pictures = process.env.STANDSTILL_PAGE_PICTURES ?? "";

describe("the incident", () => {
  it("holds each output against what it is allowed, and prints on one page", async () => {
    const context = await browser.newContext({ viewport: desktop });
    const { page } = await open(context, plant.url);
    await until("some seconds of values", async () =>
      ((await (await fetch(`${plant.url}api/v1/trend?tag=press.counter`)).json()) as { samples: [number, number | null][] }).samples.filter(([, value]) => value !== null).length > 3);
    await page.getByTestId("stop").click();
    await showsWord(page, "TRIPPED");
    await go(page, plant, "incident");
    const row = page.locator('[data-budget="track-power"]');
    await until("the proof", async () => /within|late/.test(await row.innerText({ timeout: 60_000 })));
    expect(await row.innerText()).toContain("2000 ms");   // its timeout_ms
    expect(await page.locator('[data-budget="mains"]').innerText()).toContain("not measured");
    // What values did before it: the meter's and the PLC's, as far back as this plant has been running.
    await until("the values before the trip", async () => (await page.locator(".panel.at-trip tbody tr").count()) > 6);
    await until("their course", async () => (await page.locator(".panel.at-trip path[d^='M']").count()) > 0);
    expect(await page.locator(".panel.at-trip").innerText()).not.toContain("layout.");
    const paper = await page.pdf({ format: "A4", preferCSSPageSize: true });
    if (pictures !== "") {
      mkdirSync(pictures, { recursive: true });
      writeFileSync(`${pictures}/page-incident-report.pdf`, paper);
    }
    expect(paper.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length).toBe(1);
    await context.close();
  });
});

describe("trends", () => {
  it("go back to before the page was opened", async () => {
    const tags = (await (await fetch(`${plant.url}api/v1/tags`)).json()) as { link: string; name: string; quality: string }[];
    const tag = tags.find((one) => one.link === "press" && one.name === "counter")!;
    const told = async (): Promise<[number, number | null][]> =>
      ((await (await fetch(`${plant.url}api/v1/trend?tag=${tag.link}.${tag.name}`)).json()) as { samples: [number, number | null][] }).samples;
    await until("some seconds of it", async () => (await told()).length > 3);
    const context = await browser.newContext({ viewport: desktop });
    const { page } = await open(context, plant.url);
    const asked = page.waitForRequest(/api\/v1\/trend\?tag=press\.counter/, { timeout: 60_000 });
    await go(page, plant, "values");
    await page.getByRole("button", { name: "counter" }).click({ timeout: 60_000 });
    await asked;
    await page.locator(".uplot").waitFor({ timeout: 60_000 });
    await context.close();
  });
});

describe("rehearsal", () => {
  it("an operator breaks a simulated peer, and the plant trips as for a real one", async () => {
    const context = await browser.newContext({ viewport: desktop });
    const { page } = await open(context, plant.url);
    await showsWord(page, "RUNNING");
    await go(page, plant, "rehearsal");
    const crash = page.locator(".peer-layout").getByRole("button", { name: "crash", exact: true });
    await crash.waitFor({ timeout: 60_000 });
    expect(await crash.isDisabled()).toBe(true);   // nobody is signed in
    await signIn(page, plant);
    await go(page, plant, "rehearsal");
    await crash.click({ timeout: 60_000 });
    await showsWord(page, "TRIPPED");
    expect((await plant.state()).first_out).toMatchObject({ source: "layout", code: "link_lost" });
    await plant.layout.tell("restart 100");
    await context.close();
  });
});

describe("an alarm that everybody knows of", () => {
  it("is put aside with a reason and an end, and taken back", async () => {
    plant.meter.process.kill("SIGKILL");
    await until("the meter to be missed", async () => (await plant.state()).links.find((one) => one.id === "meter")!.state !== "online");
    const context = await browser.newContext({ viewport: desktop });
    const { page } = await open(context, plant.url);
    await signIn(page, plant);
    await go(page, plant, "overview");
    const alarm = page.locator(".alarm", { hasText: /^meter is/ });
    await alarm.waitFor({ timeout: 60_000 });
    await page.getByRole("button", { name: "Put meter aside" }).click({ timeout: 60_000 });
    const form = page.getByRole("form", { name: "Put meter aside" });
    await form.getByLabel("Why").fill("it is being rewired");
    await form.getByRole("button", { name: "Put aside" }).click();
    await until("it to be shelved", async () => (await plant.state()).shelved?.length === 1);
    await until("the page to say so", async () => /shelved[\s\S]*by anna until[\s\S]*rewired/i.test(await alarm.innerText()));
    expect((await plant.state()).shelved![0]).toMatchObject({ source: "meter", by: "anna", state: "shelved", reason: "it is being rewired" });
    if (pictures !== "") await page.screenshot({ path: `${pictures}/page-shelved-desktop.png` });
    await page.getByRole("button", { name: "Take meter back" }).click({ timeout: 60_000 });
    await until("it to be told again", async () => (await plant.state()).shelved?.length === 0);
    await context.close();
  });
});

describe("what is put aside", () => {
  it("S15: is told to nobody, and trips and is told as a trip all the same", async () => {
    const folder = mkdtempSync(join(tmpdir(), "standstill-told-"));
    const file = join(folder, "told");
    await restart({ more: `[[alert]]
id = "logbook"
kind = "program"
on = ["trip", "lost", "return"]
command = ["/bin/sh", "-c", 'cat >> "$0"; echo >> "$0"', "${file}"]
` });
    const told = (event: string, source: string): boolean => existsSync(file) && readFileSync(file, "utf8").split("\n")
      .filter((line) => line !== "").map((line) => JSON.parse(line) as { event: string; source: string })
      .some((one) => one.event === event && one.source === source);
    const online = (id: string): Promise<boolean> =>
      until(`${id} to be online`, async () => (await plant.state()).links.find((one) => one.id === id)!.state === "online");
    const put = async (source: string, out: boolean): Promise<number> => (await fetch(`${plant.url}api/v1/alarms/${source}/shelve`, {
      method: "POST", headers: { Authorization: `Bearer ${plant.secret}` },
      body: JSON.stringify({ minutes: 30, reason: "a test", out_of_service: out }),
    })).status;
    await plant.bringUp();
    await online("meter");
    await online("press");
    expect(await put("meter", false)).toBe(200);
    expect(await put("layout", true)).toBe(200);
    expect(await put("nobody", false)).toBe(404);
    plant.meter.process.kill("SIGKILL");
    await until("the meter to be missed", async () => (await plant.state()).links.find((one) => one.id === "meter")!.state === "lost");
    plant.plc.process.kill("SIGKILL");   // told after the meter, and not put aside
    await until("the PLC to be told of", () => told("lost", "press"));
    expect(told("lost", "meter")).toBe(false);
    await plant.layout.tell("crash");
    await until("the trip to be told", () => told("trip", "layout"));
    expect((await plant.state()).state).toBe("tripped");
    const journal = (await (await fetch(`${plant.url}api/v1/journal?since=1h&limit=5000`)).json()) as { events: { kind: string; code: string; source: string; detail: string }[] };
    expect(journal.events.find((one) => one.kind === "alarm" && one.source === "layout")).toMatchObject({ code: "out_of_service" });
    rmSync(folder, { recursive: true, force: true });
  });
});

// A locomotive on the page: what it shows is what the engine says, and it is set up only while it stands tripped.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { EngineTold } from "../src/model/contract";
import { desktop, open } from "./browser";
import { until } from "./plant";
import { browser, plant } from "./rig";
import { go, signIn, violations } from "./steps";

const pictures = process.env.STANDSTILL_PAGE_PICTURES ?? "";
const told = async (): Promise<EngineTold> => (await (await fetch(`${plant.url}api/v1/engines/mallet`)).json()) as EngineTold;
const running = (): Promise<boolean> => until("the engine to run", async () => (await told()).state === "running", 120_000);

describe("the locomotive", () => {
  it("is stopped without a sign-in, then set up by an operator, and the engine has what was written", async () => {
    await running();
    const context = await browser.newContext({ viewport: desktop });
    const { page, foreign, trouble } = await open(context, plant.url);
    await go(page, plant, "locomotive");
    const row = page.locator("[data-cv='42']");
    await row.locator("td.right", { hasText: "110" }).waitFor({ timeout: 60_000 });
    expect(await page.locator("[data-gauge='boiler']").innerText()).toContain("CV42");
    expect(await row.getByRole("button").isDisabled(), "it runs, and nobody is signed in").toBe(true);
    await page.getByText("stop it first").waitFor({ timeout: 60_000 });
    await page.getByRole("button", { name: "Stop this engine" }).click();
    await until("the engine to stop", async () => (await told()).reason.startsWith("EMERGENCY_STOP"));
    await page.getByTestId("engine-reason").getByText("EMERGENCY_STOP").waitFor({ timeout: 60_000 });
    expect(await page.getByTestId("shutdown").count(), "an emergency stop is no shutdown").toBe(0);

    await signIn(page, plant, plant.viewer);
    await go(page, plant, "locomotive");
    await page.getByTestId("engine-reason").waitFor({ timeout: 60_000 });
    expect(await row.getByRole("button").isDisabled(), "a viewer looks").toBe(true);
    await page.getByRole("button", { name: "Sign out" }).click();
    await signIn(page, plant);
    await go(page, plant, "locomotive");
    await until("it to stand still", async () => (await told()).refusal === null, 120_000);
    await row.getByRole("button", { name: "Change CV42" }).click({ timeout: 60_000 });
    const field = row.getByRole("textbox");
    await field.fill("131");
    await row.getByText("It takes 90 to 130 °C.").waitFor();
    expect(await row.getByRole("button", { name: "Write it" }).isDisabled()).toBe(true);
    expect(await violations(page, "a variable that is being changed")).toEqual([]);
    await field.fill("105");
    await field.press("Enter");
    await page.getByText("Updated CV42 (boiler limit) from 110 to 105 °C").first().waitFor({ timeout: 60_000 });
    expect((await told()).variables.find((one) => one.cv === 42)?.value).toBe(105);
    await row.locator("td.right", { hasText: "105" }).waitFor({ timeout: 60_000 });

    // Out of what belongs together: only the engine knows, and its own sentence is shown.
    await page.locator("[data-cv='32']").getByRole("button", { name: "Change CV32" }).click();
    await page.locator("[data-cv='32']").getByRole("textbox").fill("190");
    await page.locator("[data-cv='32']").getByRole("textbox").press("Enter");
    await page.getByText("CV32 cannot be 190").first().waitFor({ timeout: 60_000 });
    expect((await told()).variables.find((one) => one.cv === 32)?.value).toBe(124);
    expect([foreign, trouble]).toEqual([[], []]);
    await context.close();
  });

  it("counts its shutdown down, shows its log, and says when it sleeps", async () => {
    await plant.engine.tell("power-cycle");
    await running();
    const context = await browser.newContext({ viewport: desktop });
    const { page } = await open(context, plant.url);
    await go(page, plant, "locomotive");
    await page.getByTestId("engine-reason").waitFor({ timeout: 60_000 });
    await plant.engine.tell("fault boiler-open");
    const list = page.getByTestId("shutdown");
    await list.waitFor({ timeout: 60_000 });
    expect(await list.innerText()).toContain("only a power cycle wakes it");
    if (pictures !== "") {
      mkdirSync(pictures, { recursive: true });
      await page.screenshot({ path: join(pictures, "page-locomotive-shutdown-desktop.png") });
    }
    await until("the last stage", async () => ((await list.innerText()).match(/due/g) ?? []).length === 3, 60_000);
    await page.getByText("It says no values any more, as it should").waitFor({ timeout: 60_000 });
    await page.locator(".panel.engine-state").getByText("asleep", { exact: true }).waitFor({ timeout: 60_000 });
    expect(await page.locator("[data-gauge='boiler'] .value").getAttribute("class"), "the last value is not the present one").toContain("struck");
    const log = page.locator(".panel.engine-log");
    await log.getByText("SENSOR_FAULT(boiler: at the low rail)").waitFor({ timeout: 60_000 });
    expect(await log.innerText()).toContain("regulator to the whistle position");
    if (pictures !== "") await page.screenshot({ path: join(pictures, "page-locomotive-asleep-desktop.png"), fullPage: true });
    await plant.engine.tell("mend boiler-open");
    await plant.engine.tell("power-cycle");
    await running();
    await page.locator(".panel.engine-state").getByText("running", { exact: true }).waitFor({ timeout: 60_000 });
    await context.close();
  });
});

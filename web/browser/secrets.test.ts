// What an operator typed is in no log, no file, no answer and no address afterwards, right or wrong.
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { desktop, open } from "./browser";
import { browser, plant } from "./rig";
import { go, say, showsWord, signIn } from "./steps";

const wrong = "no-such-secret-4711";

function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name), one = lstatSync(path);
    if (one.isDirectory()) return filesWith(path, text);
    return one.isFile() && readFileSync(path).includes(text) ? [path] : [];
  });
}

describe("secrets", () => {
  it("are nowhere but with whoever typed them", async () => {
    await plant.bringUp();   // by Authorization: Bearer
    const right = plant.secret.slice(plant.secret.indexOf(":") + 1);
    const context = await browser.newContext({ viewport: desktop });
    const { page } = await open(context, plant.url);
    const addresses: string[] = [];
    page.on("request", (request) => addresses.push(request.url()));
    await go(page, plant, "recovery");
    await page.getByLabel("Name").fill("anna");
    await page.getByLabel("Secret").fill(wrong);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.locator(".sign-in .note").waitFor({ timeout: 60_000 });
    await signIn(page, plant);
    await page.getByTestId("stop").click();
    await showsWord(page, "TRIPPED");
    await go(page, plant, "recovery");
    await say(page, "ack");
    await page.locator(".panel.done").getByText("acknowledge").waitFor({ timeout: 60_000 });
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href]));
    const told = await Promise.all(["state", "journal?limit=1000", "alerts", "links", "session", "reports"].map(async (path) =>
      (await fetch(`${plant.url}api/v1/${path}`)).text()));
    told.push(await (await fetch(`${plant.url}metrics`)).text());
    expect(filesWith(plant.folder, "track-power").length, "it looks into the files").toBeGreaterThan(1);
    for (const secret of [right, wrong]) {
      expect(secret.length).toBeGreaterThan(10);
      expect(filesWith(plant.folder, secret)).toEqual([]);
      expect([...told, ...addresses, kept].filter((one) => one.includes(secret))).toEqual([]);
    }
    await context.close();
  });
});

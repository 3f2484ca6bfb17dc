// Who is told: whether it works is tried from the page, by whoever may, and the message really goes out.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { desktop, open } from "./browser";
import { until } from "./plant";
import { browser, plant, restart } from "./rig";
import { go, signIn, violations } from "./steps";

describe("who is told", () => {
  it("is tested by an operator, not by a viewer, and what fails says why", async () => {
    const folder = mkdtempSync(join(tmpdir(), "standstill-tested-"));
    const [file, works, fails] = ["told", "works", "fails"].map((name) => join(folder, name)) as [string, string, string];
    writeFileSync(works, `#!/bin/sh\ncat >> ${file}\n`, { mode: 0o755 });
    writeFileSync(fails, "#!/bin/sh\necho 'no paper' >&2\nexit 3\n", { mode: 0o755 });
    await restart({ more: [["logbook", works], ["printer", fails]].map(([id, program]) => `[[alert]]
id = "${id}"
kind = "program"
on = ["reset"]
command = ["${program}"]
timeout_ms = 20000
`).join("") });
    const context = await browser.newContext({ viewport: desktop });
    const { page } = await open(context, plant.url);
    await signIn(page, plant, plant.viewer);
    await go(page, plant, "tests");
    const panel = page.locator(".panel.alerts");
    await panel.getByText("logbook").waitFor({ timeout: 60_000 });
    expect(await panel.getByRole("button").count()).toBe(0);
    await context.clearCookies();
    await page.reload();
    await signIn(page, plant);
    await go(page, plant, "tests");
    await panel.getByRole("button", { name: "Test logbook" }).click({ timeout: 60_000 });
    await panel.getByText("logbook has taken the test message").waitFor({ timeout: 60_000 });
    await until("the message", () => existsSync(file) && readFileSync(file, "utf8").includes("asked for by anna"));
    await panel.getByRole("button", { name: "Test printer" }).click({ timeout: 60_000 });
    await panel.getByText("printer did not deliver the test message").waitFor({ timeout: 60_000 });
    expect(await panel.innerText()).toContain("no paper");
    expect(await violations(page, "tests")).toEqual([]);
    await context.close();
    rmSync(folder, { recursive: true });
  });
});

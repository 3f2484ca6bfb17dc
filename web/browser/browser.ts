// Debian's Chromium, driven by playwright-core, and what every page of it is watched for.
import { existsSync } from "node:fs";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";

const places = [process.env.STANDSTILL_CHROMIUM ?? "", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
export const executable = places.find((one) => one !== "" && existsSync(one)) ?? null;

export const desktop = { width: 1366, height: 860 };
export const phone = { width: 390, height: 844 };

export interface Watched {
  page: Page;
  foreign: string[];    // requests that would have left the machine
  trouble: string[];    // what the page threw, or the browser refused
}

export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: executable!, args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] });

export async function open(context: BrowserContext, url: string): Promise<Watched> {
  const page = await context.newPage();
  const foreign: string[] = [], trouble: string[] = [];
  page.on("request", (request) => {
    const host = new URL(request.url()).hostname;
    if (!["127.0.0.1", ""].includes(host)) foreign.push(request.url());
  });
  page.on("pageerror", (error) => trouble.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && /Content Security Policy|Uncaught|TypeError/.test(message.text())) trouble.push(message.text());
  });
  await page.goto(url);
  return { page, foreign, trouble };
}

export const word = (page: Page): Promise<string> => page.getByTestId("word").innerText();

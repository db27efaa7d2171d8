/** A headless Chromium, for the tests of pages. They are skipped by name where none is installed. */
import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { describe } from "vitest";

const PLACES = [
  process.env.CHROMIUM ?? "",
  "/usr/bin/chromium-headless-shell",
  "/usr/bin/chromium",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
const executablePath = PLACES.find((path) => existsSync(path));

/** A `describe` that is skipped without Chromium. */
export function describeWithChromium(name: string, suite: () => void): void {
  if (executablePath === undefined) {
    process.stderr.write(`skipped, Chromium is missing (CHROMIUM names it): ${name}\n`);
  }
  describe.skipIf(executablePath === undefined)(name, suite);
}

/** @throws if Chromium does not start */
export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: executablePath ?? "", args: ["--no-sandbox"] });

/** A page with what it asked for and what went wrong in it. */
export interface Opened {
  readonly page: Page;
  /** Addresses of requests, except the file itself. */
  readonly requests: string[];
  readonly problems: string[];
}

/** Opens a file as a reader does. The worker of a live page leaves its last answer in `lastAnswer`. */
export async function open(browser: Browser, path: string, options: BrowserContextOptions): Promise<Opened> {
  const page = await browser.newPage(options);
  const [requests, problems]: [string[], string[]] = [[], []];
  page.on("request", (request) => {
    if (request.url() !== `file://${path}` && !request.url().startsWith("blob:"))
      requests.push(request.url());
  });
  page.on("console", (message) => problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  await page.addInitScript(`
    const { Worker } = window;
    window.Worker = class extends Worker {
      constructor(url) {
        super(url);
        this.addEventListener("message", ({ data }) => { if (data.kind === "data") window.lastAnswer = data.data; });
      }
    };
  `);
  await page.goto(`file://${path}`);
  await page.waitForSelector("#flow", { timeout: 20_000 });
  return { page, requests, problems };
}

import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { ChatTemplate } from "../../../src/chat/template/chat-template.ts";
import { describeWithChromium, launch } from "../../page/chromium.ts";
import { answerMark, recitingModel } from "../reciting-model.ts";
import { type Running, serve } from "../running-server.ts";

const template = new ChatTemplate(`{% for m in messages %}{{ m.content }};{% endfor %}${answerMark}`, "t");
/** Milliseconds of each token. */
const DELAY = 5;
const TEXT =
  "<think>Hm.</think>**Bold** and `code`.\n\n- one\n- two\n\n[link](https://example.org) [bad](javascript:alert(1))\n\n<script>document.title = 'bad'</script><img src=https://evil.example/?q=1 onerror=alert(1)>";

describeWithChromium("the page of gpt serve", () => {
  let browser: Browser;
  let running: Running;
  let requests: string[] = [];
  let problems: string[] = [];
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());
  afterEach(() => running.server.close(0));

  async function open(text: string, options: BrowserContextOptions = {}): Promise<Page> {
    running = await serve(recitingModel(text, DELAY), {}, { template, defaults: { temperature: 0 } });
    const page = await browser.newPage(options);
    [requests, problems] = [[], []];
    page.on("request", (request) => requests.push(request.url()));
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    await page.goto(running.server.url);
    await page.waitForFunction(() => document.querySelector("#model")?.textContent === "stories");
    return page;
  }
  async function ask(page: Page, text: string): Promise<void> {
    await page.fill("#text", text);
    await page.press("#text", "Enter");
    await page.waitForFunction(() => document.querySelector("#send")?.textContent === "Send");
  }

  it("shows an answer as Markdown, runs nothing in it, and asks no other host", async () => {
    const page = await open(TEXT);
    await ask(page, "Hi <b>you</b>");
    expect(await page.textContent("article.user .body")).toBe("Hi <b>you</b>");
    expect(await page.textContent(".reasoning")).toBe("Hm.");
    const answer = page.locator("article.assistant .body");
    expect(await answer.locator("strong").textContent()).toBe("Bold");
    expect(await answer.locator("li").count()).toBe(2);
    expect(await answer.locator("img, script, [onerror]").count()).toBe(0);
    expect(await answer.locator("a").first().getAttribute("rel")).toBe("noopener noreferrer");
    expect(await answer.locator("a").last().getAttribute("href")).toBeNull();
    expect(await page.title()).toBe("stories");
    expect(requests.filter((url) => !url.startsWith(running.server.url))).toEqual([]);
    expect(problems).toEqual([]);
  });

  it("shows tokens, coloured, with the likely ones in each place by pointer and keys", async () => {
    const page = await open("Yes.");
    await ask(page, "Well?");
    await page.keyboard.press("Alt+t");
    const spans = page.locator(".token-text span");
    expect(await spans.allTextContents()).toEqual(["Y", "e", "s", "."]);
    await spans.nth(1).hover();
    expect(await page.textContent("#likely tr.own")).toMatch(/^"e"\d/);
    await page.focus(".token-text");
    await page.keyboard.press("ArrowRight");
    expect(await page.textContent("#likely tr.own")).toMatch(/^"s"/);
    expect(await page.locator("#likely tr").count()).toBe(5);
    await page.click("#tokens");
    expect(await page.textContent("article.assistant .body")).toContain("Yes.");
    expect(problems).toEqual([]);
  });

  it("asks again with a changed message, writes an answer again, and keeps the talk", async () => {
    const page = await open("Yes.");
    await ask(page, "One");
    await ask(page, "Two");
    expect(await page.locator("article").count()).toBe(4);
    await page.locator("article.assistant").last().getByText("Regenerate").click();
    await page.waitForFunction(() => document.querySelector("#send")?.textContent === "Send");
    expect(await page.locator("article").count()).toBe(4);
    await page.locator("article.user").first().getByText("Edit").click();
    await page.fill("article textarea", "Changed");
    await page.press("article textarea", "Enter");
    await page.waitForFunction(() => document.querySelectorAll("article").length === 2);
    await page.waitForFunction(() => document.querySelector("#send")?.textContent === "Send");
    await page.reload();
    expect(await page.textContent("article.user .body")).toBe("Changed");
    await page.click("#new");
    expect(await page.locator("article").count()).toBe(0);
  });

  it("stops an answer, and says what the server refuses", async () => {
    const page = await open("a".repeat(3000));
    await page.fill("#text", "Long");
    await page.press("#text", "Enter");
    await page.waitForFunction(
      () => (document.querySelector("article.assistant .body")?.textContent ?? "").length > 20,
    );
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => document.querySelector("#send")?.textContent === "Send");
    expect(await page.textContent("article.assistant .tools")).toContain("stopped");
    await ask(page, "x".repeat(5000));
    expect(await page.locator(".problem").last().textContent()).toContain("the context 4096");
  });

  it("fits a phone, in the dark too", async () => {
    const page = await open(TEXT, { viewport: { width: 360, height: 640 }, colorScheme: "dark" });
    await page.click("summary");
    await page.fill("[name=temperature]", "0.5");
    await ask(page, "Hi");
    const { scroll, width, colour } = await page.evaluate(() => ({
      ...{ scroll: document.documentElement.scrollWidth, width: innerWidth },
      colour: getComputedStyle(document.body).backgroundColor,
    }));
    expect(scroll).toBeLessThanOrEqual(width);
    expect(colour).toBe("rgb(18, 20, 25)");
    await page.click("#scheme");
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe(
      "rgb(250, 250, 252)",
    );
  });

  it("is for browsers: other clients read ollama's words, and no page may frame it", async () => {
    running = await serve(recitingModel(""));
    expect(await (await running.get("/")).text()).toBe("Ollama is running");
    const response = await running.get("/", { accept: "text/html" });
    expect(response.headers.get("content-security-policy")).toBe("frame-ancestors 'none'");
    expect(await response.text()).toContain("connect-src 'self'");
    expect((await fetch(running.server.url, { method: "HEAD" })).status).toBe(200);
    expect((await running.get("/nothing")).status).toBe(404);
  });
});

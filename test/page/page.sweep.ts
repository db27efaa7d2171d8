import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { packageFile } from "../../src/host/package-files.ts";
import { patching } from "../../src/look/patching.ts";
import { steeringEffect } from "../../src/look/steering/steering-effect.ts";
import { surprisal } from "../../src/look/surprisal.ts";
import { collectPage } from "../../src/page/collect/collect.ts";
import { liveParts } from "../../src/page/live-parts.ts";
import type { PageData } from "../../src/page/page-data.ts";
import { pageHtml } from "../../src/page/write-page.ts";
import { describeWithChromium, launch, open } from "./chromium.ts";
import { loadStories, PROMPT } from "./stories.ts";

const folder = mkdtempSync(join(tmpdir(), "page-"));
const still = join(folder, "still page.html");
const live = join(folder, "live.html");
const DESK = { viewport: { width: 1200, height: 900 } };

describeWithChromium("a page of gpt look", () => {
  let browser: Browser;
  let data: PageData;

  beforeAll(async () => {
    const { checkpoint, collected, ids } = await loadStories();
    data = await collectPage(collected, ids);
    writeFileSync(still, pageHtml(data));
    writeFileSync(live, pageHtml(data, await liveParts(checkpoint, { name: "stories", simd: "plain" })));
    await collected.model.close();
    browser = await launch();
  }, 60_000);
  afterAll(() => browser?.close());

  it("is small: script and style below 100 kB, engine below 200 kB", () => {
    expect(statSync(packageFile("dist/bundle/page/page.html")).size).toBeLessThan(100_000);
    expect(statSync(packageFile("dist/bundle/page/engine.js.br")).size).toBeLessThan(200_000);
    expect(statSync(still).size).toBeLessThan(500_000);
  });

  it("opens from disk, asks for nothing, and shows all views", async () => {
    const { page, requests, problems } = await open(browser, encodeURI(still), DESK);
    const views = await page
      .locator("main > section")
      .evaluateAll((sections) => sections.map(({ id }) => id));
    expect(views.slice(0, 4)).toEqual(["flow", "tokens", "attention", "lens"]);
    expect(requests).toEqual([]);
    expect(problems).toEqual([]);
    await page.close();
  });

  it("answers without a click which head copies the name, after which layer the model knows, and what a temperature does", async () => {
    const { page } = await open(browser, encodeURI(still), DESK);
    expect(await page.locator(".kinds tr").first().textContent()).toMatch(
      /^copying: .* it readslayer 5, head 6 \+3\.\d+ for ·Max/,
    );
    expect(await page.locator("#attention .cell.chosen").getAttribute("title")).toBe("layer 5, head 6");
    expect(await page.locator("#lens .answer").textContent()).toBe(
      "The model says ·Max. It has it in the first place after layer 5 (layers are 0 to 5).",
    );
    const rows = await page.locator(".temperatures tr").allTextContents();
    expect(rows[0]).toBe("temperature0.512");
    expect(rows[1]).toMatch(/^·Max\d+%\d+%\d+%$/);
    await page.close();
  });

  it("has parts for a second prompt, a direction and a second model, linked to the others", async () => {
    const { collected, ids } = await loadStories();
    const { model } = collected;
    const other = ids.with(3, ids[2] as number);
    const patched = await patching(model, ids, other);
    const direction = new Float32Array(model.config.nEmbd).fill(0.1);
    const effect = await steeringEffect(model, ids, [{ layer: 3, direction, coefficient: 1 }]);
    const experiments = {
      patching: patched,
      steering: { effect, written: ["as it is", "steered"] },
      compared: { name: "other", surprisal: await surprisal(model, ids) },
    };
    const path = join(folder, "experiments.html");
    writeFileSync(
      path,
      pageHtml(await collectPage(collected, ids, { experiments, start: { view: "patch" } })),
    );
    await model.close();
    const { page, problems } = await open(browser, path, DESK);
    expect(await page.evaluate("scrollY")).toBeGreaterThan(1000);
    expect(await page.locator("#patch .differs").allTextContents()).toHaveLength(2);
    await page.locator("#patch .patches canvas").hover({ position: { x: 2, y: 2 } });
    expect(await page.locator("#tokens .token").first().getAttribute("aria-pressed")).toBe("true");
    const text = () => page.locator("#steer .drawn").first().textContent();
    expect(await text()).toBe("It writes: steered");
    await page.locator("#steer input").fill("0");
    expect(await text()).toBe("It writes: as it is");
    expect(await page.locator("#compare h2").textContent()).toBe("Where does other differ?");
    await page.setViewportSize({ width: 390, height: 800 });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
    expect(problems).toEqual([]);
    await page.close();
  }, 60_000);

  it("forbids requests: an image and a fetch of a script in it fail", async () => {
    const { page, problems } = await open(browser, encodeURI(still), DESK);
    await page.evaluate(
      'new Image().src = "https://example.invalid/a.png"; fetch("https://example.invalid/").catch(() => {})',
    );
    await expect
      .poll(() => problems.filter((text) => /Content Security Policy/.test(text)).length)
      .toBeGreaterThan(1);
    await page.close();
  });

  it("links its views: the pointer over a token shows it in all, keys move it", async () => {
    const { page } = await open(browser, encodeURI(still), DESK);
    const pressed = () =>
      page.locator('.token[aria-pressed="true"]').evaluateAll((all) => all.map((e) => e.textContent));
    await page.locator("#tokens .token").nth(10).hover();
    expect(new Set(await pressed())).toEqual(new Set(["·Lily"]));
    await page.mouse.move(0, 0);
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    expect(new Set(await pressed())).toEqual(new Set(["·upon"]));
    await page.locator("#attention .cell").first().click();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("]");
    expect(await page.evaluate("location.hash")).toBe("#t=1&l=1&h=1");
    await page.keyboard.press("?");
    expect(await page.locator("dialog").isVisible()).toBe(true);
    await page.close();
  });

  it("shows what the sampler does: at temperature 0 one token, at 3 more even shares", async () => {
    const { page } = await open(browser, encodeURI(still), DESK);
    const shares = () => page.locator('ul[aria-label="Probability of each token"] .number').allTextContents();
    const before = await shares();
    await page.locator("#dial-temperature").fill("3");
    expect(Number.parseFloat((await shares())[0] ?? "")).toBeLessThan(Number.parseFloat(before[0] ?? ""));
    await page.locator("#dial-temperature").fill("0");
    expect((await shares()).slice(0, 2)).toEqual(["100%", "never"]);
    await page.close();
  });

  it("is dark where the system is, fits a phone, and prints in light colours", async () => {
    const ground = "getComputedStyle(document.body).backgroundColor";
    const dark = await open(browser, encodeURI(still), {
      viewport: { width: 390, height: 800 },
      colorScheme: "dark",
    });
    expect(await dark.page.evaluate(ground)).toBe("rgb(18, 20, 25)");
    expect(await dark.page.evaluate("document.documentElement.scrollWidth")).toBe(390);
    await dark.page.emulateMedia({ media: "print", colorScheme: "dark" });
    expect(await dark.page.evaluate(ground)).toBe("rgb(255, 255, 255)");
    await dark.page.close();
  });

  it("computes in the page, from the file, the numbers of the command line", async () => {
    const { page, requests, problems } = await open(browser, live, DESK);
    const status = () => page.locator(".live p").textContent();
    await expect.poll(status, { timeout: 30_000 }).toMatch(/Ready/);
    await page.fill("#prompt", PROMPT);
    await expect.poll(status, { timeout: 30_000 }).toMatch(/tokens in \d+ ms/);
    const values = (path: string) => page.evaluate(`Array.from(lastAnswer.${path})`) as Promise<number[]>;
    expect(await values("ids")).toEqual([...data.ids]);
    expect(Float32Array.from(await values("flow.logits.values"))).toEqual(data.flow.logits.values);
    const weights = data.attention?.maps.layers[3]?.weights.values;
    expect(Float32Array.from(await values("attention.maps.layers[3].weights.values"))).toEqual(weights);
    expect(await values("lens.topIds.values")).toEqual(Array.from(data.lens.topIds.values));
    expect(Float32Array.from(await values("lens.divergence.values"))).toEqual(data.lens.divergence.values);
    expect([requests, problems]).toEqual([[], []]);
    await page.close();
  }, 60_000);

  it("uses threads where it is isolated", async () => {
    const isolation = {
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Embedder-Policy": "require-corp",
    };
    const server = createServer((_, response) => {
      response.writeHead(200, { "Content-Type": "text/html", ...isolation }).end(readFileSync(live));
    }).listen(0);
    const { port } = server.address() as AddressInfo;
    const page = await browser.newPage(DESK);
    await page.goto(`http://localhost:${port}/`);
    await expect
      .poll(() => page.locator(".live p").textContent(), { timeout: 30_000 })
      .toMatch(/with \d+ threads/);
    await page.close();
    server.close();
  }, 60_000);
});

/** llama.cpp compiled to WebAssembly, where it runs: in a page of headless Chromium, isolated so that it may use threads. */
import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ggufFile } from "../../checkpoint/generate.js";
import { loneBytes, vocabulary } from "../../checkpoint/vocabulary.js";
import { importPackage, Unavailable } from "../../trial.js";

const browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const contentTypes = new Map([
  [".html", "text/html"],
  [".js", "text/javascript"],
  [".wasm", "application/wasm"],
]);
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** @type {import("../engine.js").Engine} */
export const wllama = {
  async load(checkpoint, { threads, type }) {
    const model = join(checkpoint, ggufFile(type));
    if (!existsSync(model)) throw new Unavailable(`the checkpoint has no ${ggufFile(type)}`);
    const { chromium } = await importPackage(() => import("playwright-core"));
    const scripts = await packageFolder();
    const executablePath = process.env.CHROMIUM ?? browsers.find((path) => existsSync(path));
    if (executablePath === undefined) throw new Unavailable("no Chromium: install one, or set CHROMIUM");

    const server = await serve((path) => (path === "/model.gguf" ? model : join(scripts, path)));
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    const page = await browser.newPage();
    await page.goto(server.url);
    await page.evaluate(loadInPage, threads);
    const { vocab_size } = JSON.parse(readFileSync(join(checkpoint, "config.json"), "utf8"));
    return {
      version: JSON.parse(readFileSync(join(scripts, "../package.json"), "utf8")).version,
      outside: true,
      start: (steps) => streamedSequence(page, vocabulary(vocab_size).tokens, steps),
      async close() {
        await browser.close();
        server.close();
      },
    };
  },
};

/** Where the package keeps its modules; it cannot be imported outside of a browser. */
async function packageFolder() {
  const description = await importPackage(async () => import.meta.resolve("@wllama/wllama/package.json"));
  return join(dirname(fileURLToPath(description)), "esm");
}

/**
 * @param {(path: string) => string} fileOf
 * @returns {Promise<{ url: string, close: () => void }>}
 */
async function serve(fileOf) {
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    const file = fileOf(path);
    if (path === "/") {
      response.writeHead(200, { ...isolation, "Content-Type": "text/html" }).end("<!doctype html>");
    } else if (existsSync(file)) {
      const type = contentTypes.get(extname(file)) ?? "application/octet-stream";
      const head = { ...isolation, "Content-Type": type, "Content-Length": statSync(file).size };
      createReadStream(file).pipe(response.writeHead(200, head));
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return { url: `http://127.0.0.1:${address.port}/`, close: () => server.close() };
}

/** In the page. @param {number} threads */
async function loadInPage(threads) {
  const { Wllama } = await import(/** @type {string} */ ("/index.js"));
  const model = await (await fetch("/model.gguf")).blob();
  const wllama = new Wllama({ default: "/wasm/wllama.wasm" }, { suppressNativeLog: true });
  await wllama.loadModel([model], { n_threads: threads, n_gpu_layers: 0 });
  if (wllama.getNumThreads() !== threads) throw new Error(`wllama runs ${wllama.getNumThreads()} threads`);
  Object.assign(globalThis, { wllama });
}

/**
 * Its interface takes a prompt as text and streams what follows: it is not told which ids those are, but computes as
 * many. A byte that is no text by itself would end its stream with an error.
 *
 * @param {import("playwright-core").Page} page
 * @param {readonly string[]} tokens  the vocabulary
 * @param {number} steps
 * @returns {import("../engine.js").Sequence}
 */
function streamedSequence(page, tokens, steps) {
  const text = (/** @type {string} */ token) => token.replaceAll("Ġ", " ");
  const idOf = new Map(tokens.map((token, id) => [text(token), id]));
  let isStarted = false;
  return {
    async append(ids) {
      if (!isStarted) {
        isStarted = true;
        const prompt = ids.map((id) => text(tokens[id])).join("");
        await page.evaluate(startInPage, { prompt, length: ids.length, steps, banned: loneBytes });
      }
      return idOf.get(await page.evaluate(nextInPage)) ?? -1;
    },
    close: () => page.evaluate(drainInPage),
  };
}

/** In the page. @param {{ prompt: string, length: number, steps: number, banned: readonly number[] }} work */
async function startInPage({ prompt, length, steps, banned }) {
  const page = /** @type {any} */ (globalThis);
  const stream = await page.wllama.createCompletion({
    prompt,
    max_tokens: steps + 1,
    temperature: 0,
    ignore_eos: true,
    logit_bias: banned.map((id) => [id, false]),
    cache_prompt: false,
    timings_per_token: true,
    stream: true,
  });
  page.stream = stream[Symbol.asyncIterator]();
  page.promptLength = length;
}

/** In the page. @returns {Promise<string>} */
async function nextInPage() {
  const page = /** @type {any} */ (globalThis);
  const { value } = await page.stream.next();
  const read = value.timings.prompt_n;
  if (read !== page.promptLength) throw new Error(`wllama read ${read} tokens of ${page.promptLength}`);
  return value.choices[0].text;
}

/** In the page. */
async function drainInPage() {
  const page = /** @type {any} */ (globalThis);
  while (!(await page.stream.next()).done);
}

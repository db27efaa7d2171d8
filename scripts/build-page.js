/**
 * Bundles the pages into dist/bundle/page, each as one HTML file. The policy of the page of `gpt look -o`, which comes
 * without data, forbids every request; an engine beside it is what a live page runs in a worker. The page of
 * `gpt serve` may ask its own server alone.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { rolldown } from "rolldown";
import { bundledLicenses } from "./bundled-licenses.js";
import { replaceFile } from "./replace-file.js";

const source = "src/page/browser";
const chatSource = "src/server/page/browser";
const colors = `${source}/colors.css`;
const folder = "dist/bundle/page";

export async function buildPage() {
  mkdirSync(folder, { recursive: true });
  await writePage(source, "page.html", "'wasm-unsafe-eval'; worker-src blob:");
  await writePage(chatSource, "chat.html", "; connect-src 'self'; base-uri 'none'; form-action 'none'");
  // Compressed: 120 kB of the package instead of 460 kB.
  replaceFile(`${folder}/engine.js.br`, brotliCompressSync(await bundle(`${source}/live/worker.ts`)));
}

/** @param more of the policy, after the sources of scripts */
async function writePage(source, name, more) {
  const script = escaped(await bundle(`${source}/main.ts`));
  const style = [colors, `${source}/style.css`].map((path) => readFileSync(path, "utf8")).join("");
  const policy = `default-src 'none'; style-src '${hash(style)}'; script-src '${hash(script)}' ${more}`;
  const fields = {
    policy: `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    style: `<style>${style}</style>`,
    script: `<script>${script}</script>`,
  };
  const html = readFileSync(`${source}/page.html`, "utf8");
  const page = html.replace(/<!--(policy|style|script)-->/g, (_, name) => fields[name]);
  replaceFile(`${folder}/${name}`, page);
}

/** Modules of src/host/ that a browser has its own of, and of Node. */
const host = resolve("src/host");
const browserHost = resolve(source, "host");
const ofNode = { "node:path": "path.ts", "node:util": "util.ts", "node:buffer": "util.ts" };

const exchangeHost = {
  name: "exchange-host",
  resolveId(specifier, importer) {
    if (specifier in ofNode) return resolve(browserHost, ofNode[specifier]);
    if (importer === undefined || !specifier.startsWith(".")) return null;
    const path = resolve(importer, "..", specifier);
    const own = resolve(browserHost, path.slice(host.length + 1));
    return path.startsWith(`${host}/`) && existsSync(own) ? own : null;
  },
};

async function bundle(input) {
  const build = await rolldown({
    input,
    platform: "browser",
    plugins: [exchangeHost],
    transform: { inject: { Buffer: ["buffer/", "Buffer"] } },
    onLog(level, log) {
      throw new Error(`${level}: ${log.message}`);
    },
  });
  const { output } = await build.generate({
    format: "iife",
    minify: process.env.DEV !== "1",
    codeSplitting: false,
  });
  await build.close();
  const [{ code, moduleIds }] = output;
  const licenses = bundledLicenses(moduleIds.filter((id) => id.includes("node_modules")));
  return licenses === "" ? code : `/*\n${licenses}*/\n${code}`;
}

/** Text inside a script element. */
const escaped = (text) => text.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");

const hash = (text) => `sha256-${createHash("sha256").update(text).digest("base64")}`;

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { beforeAll, describe, expect, it } from "vitest";
import { root } from "./sources.ts";

interface Packed {
  readonly size: number;
  readonly files: readonly { readonly path: string; readonly size: number; readonly mode: number }[];
}

let packed: Packed;

beforeAll(() => {
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts"];
  const output = execFileSync("npm", args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  [packed] = JSON.parse(output) as [Packed];
}, 60_000);

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
  bin: Record<string, string>;
};

/** yargs, string-width, and what they import. */
const bundledPackages = [
  "ansi-regex",
  "ansi-styles",
  "cliui",
  "emoji-regex",
  "escalade",
  "get-caller-file",
  "get-east-asian-width",
  "string-width",
  "strip-ansi",
  "wrap-ansi",
  "y18n",
  "yargs",
  "yargs-parser",
];

describe("the package", () => {
  it("has at most 12 MB packed, of which 10.9 MB are the embedded model's weights", () => {
    expect(packed.size).toBeLessThan(12_000_000);
  });

  it("has at most 4 MB of code and declarations", () => {
    const code = packed.files.filter(({ path }) => /^(bin|build|dist)\//.test(path));
    expect(code.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(4_000_000);
  });

  it("holds the program, the library, the kernels and the model, and nothing else", () => {
    const paths = packed.files.map(({ path }) => path);
    const page = ["page.html", "chat.html", "engine.js.br"].map((name) => `dist/bundle/page/${name}`);
    const types = "dist/types/src/index.d.ts";
    const needed = ["bin/gpt.js", "dist/bundle/index.js", "dist/bundle/main.js", types, ...page];
    expect(paths).toEqual(expect.arrayContaining([...needed, "build/plain.wasm", "build/relaxed.wasm"]));
    expect(paths).toEqual(
      expect.arrayContaining(["models/stories/model.safetensors", "README.md", "LICENSE"]),
    );
    const kinds =
      /^(bin\/gpt\.js|build\/.*\.wasm|dist\/bundle\/(.*\.js|licenses\.txt|page\/(page\.html|chat\.html|engine\.js\.br))|dist\/types\/.*\.d\.ts|models\/.*)$/;
    const top = ["README.md", "CHANGELOG.md", "LICENSE", "package.json"];
    expect(paths.filter((path) => !kinds.test(path) && !top.includes(path))).toEqual([]);
  });

  it("holds one bundle: no chunk of an earlier build", () => {
    const chunks = packed.files
      .map(({ path }) => path)
      .filter((path) => /^dist\/bundle\/[^/]*\.js$/.test(path));
    const reached = new Set(["dist/bundle/index.js", "dist/bundle/main.js", "dist/bundle/settle-colors.js"]);
    for (const path of reached) {
      const text = readFileSync(join(root, path), "utf8");
      for (const [, name] of text.matchAll(/(?:from|import\(|import)\s*["`]\.\/([^"`]+)["`]/g))
        reached.add(`dist/bundle/${name}`);
    }
    expect([...chunks].sort()).toEqual([...reached].sort());
  });

  it("has yargs and string-width in the bundle, with their licences: another package would show", () => {
    const licenses = readFileSync(join(root, "dist/bundle/licenses.txt"), "utf8");
    const names = [...licenses.matchAll(/^(\S+) \d+\.\d+\.\d+\n\n(?!\n)/gm)].map(([, name]) => name);
    expect([...new Set(names)].sort()).toEqual(bundledPackages);
  });

  it("has a program that can be executed", () => {
    expect(packed.files.find(({ path }) => path === manifest.bin.gpt)?.mode).toBe(0o755);
  });

  it("runs no script when it is installed", () => {
    const scripts = [
      "preinstall",
      "install",
      "postinstall",
      "prepublish",
      "preprepare",
      "prepare",
      "postprepare",
    ];
    expect(scripts.filter((name) => name in manifest.scripts)).toEqual([]);
  });

  it("is what publint expects of one", async () => {
    const { messages, pkg } = await publint({ pkgDir: "package", pack: { files: await filesForPublint() } });
    expect(messages.map((message) => formatMessage(message, pkg ?? {}))).toEqual([]);
  }, 60_000);
});

/** What is packed, as publint reads it. */
const filesForPublint = async () =>
  packed.files.map(({ path }) => ({ name: `package/${path}`, data: readFileSync(join(root, path)) }));

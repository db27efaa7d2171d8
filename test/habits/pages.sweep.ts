import { spawn } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { blocksOf, commandsOf, pages } from "./pages.ts";
import { root, textOf } from "./sources.ts";

const folder = temporaryFolder();
const bin = join(root, "bin/gpt.js");

/** Commands for those who have a fresh clone: this clone is installed, and the second runs this test. */
const elsewhere = ["npm ci && node bin/gpt.js generate", "npm test"];

describe.concurrent.each(pages)("%s", (page) => {
  it("shows commands and programs that run, and what they write", async () => {
    const cwd = folder(page.replaceAll("/", "-"));
    mkdirSync(join(cwd, "node_modules"), { recursive: true });
    symlinkSync(root, join(cwd, "node_modules/gpt-simd"));
    for (const { language, text, line, notRun } of blocksOf(textOf(page))) {
      if (notRun !== undefined) continue;
      const place = `${page}:${line}`;
      if (language === "js") {
        const program = join(cwd, `program-${line}.mjs`);
        writeFileSync(program, text);
        const { status, output } = await run("node", [program], cwd);
        expect(status, `${place}: ${output}`).toBe(0);
      }
      if (language !== "console") continue;
      for (const { command, shown } of commandsOf(text)) {
        if (elsewhere.some((start) => command.startsWith(start))) continue;
        const { status, output } = await run(
          "bash",
          ["-c", `exec 2>&1; gpt() { node "${bin}" "$@"; }; ${command}`],
          cwd,
        );
        expect(status, `${place}: ${command}\n${output}`).toBe(0);
        if (shown.length > 0) expect(plain(output), `${place}: ${command}`).toMatch(pattern(shown));
      }
    }
  }, 300_000);
});

function run(
  command: string,
  args: readonly string[],
  cwd: string,
): Promise<{ status: number | null; output: string }> {
  const env = { PATH: process.env.PATH, HOME: cwd, TERM: "dumb", GPT_SIMD: "plain" };
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, output }));
  });
}

/** Without rates, times and the place of this clone. */
const plain = (text: string): string =>
  text
    .replaceAll(/[\d,.]+ tok\/s/g, "N tok/s")
    .replaceAll(/\b[\d.]+ s\b/g, "N s")
    .replaceAll(root, "")
    .trimEnd();

/** `...` stands for anything. */
const pattern = (shown: readonly string[]): RegExp => {
  const parts = plain(shown.join("\n")).split("...");
  const literal = parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${literal.join("[\\s\\S]*")}$`);
};

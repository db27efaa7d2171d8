import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { gpt2Large, writeZeroGpt2 } from "../../fixtures/zero-gpt2.ts";
import { shell } from "../gpt.ts";
import { PseudoTerminal } from "../verbs/generate/interactive/pseudo-terminal.ts";

/** `script` (util-linux) gives a process a terminal of its own. */
const missing = spawnSync("script", ["--version"]).status !== 0;
if (missing) process.stderr.write("skipped, there is no `script` command: gpt on a terminal\n");

/** What a terminal is sent by a command line, in which standard output and standard error both go there. */
async function onTerminal(line: string, columns = 80): Promise<string> {
  const { status, stdout } = await shell(
    `export -f gpt; SHELL=$BASH script -qec 'stty cols ${columns}; ${line}' /dev/null`,
  );
  expect(status).toBe(0);
  return stdout.replaceAll("\r\n", "\n");
}

const directory = mkdtempSync(join(tmpdir(), "gpt-terminal-"));
afterAll(() => rmSync(directory, { recursive: true }));

const generate = 'gpt generate "Once upon" -n 8 --temp 0';

describe.skipIf(missing).concurrent("gpt on a terminal", () => {
  it("shows a spinner until the first token, then the cursor and the text", async () => {
    const [text, sent] = await Promise.all([onTerminal(`${generate} 2> /dev/null`), onTerminal(generate)]);
    expect(text).toMatch(/^[^\x1b]+\n$/);
    expect(sent).toContain("loading stories");
    expect(sent.startsWith("\x1b[?25l")).toBe(true);
    expect(sent).toContain(`\x1b[?25h${text}`);
  });

  it("shows no spinner where it is not wanted or has no room, and no colours with NO_COLOR", async () => {
    expect(await onTerminal(`${generate} -q`)).not.toContain("\x1b");
    expect(await onTerminal(`TERM=dumb ${generate}`)).not.toContain("\x1b");
    expect(await onTerminal(generate, 0)).not.toContain("\x1b");
    const plain = await onTerminal(`NO_COLOR=1 FORCE_COLOR=1 ${generate}`);
    expect(plain).toContain("loading stories");
    expect(plain).not.toContain("Warning");
    expect(plain).not.toMatch(/\x1b\[\d*m/);
  });

  it("says at once that it reads what is typed, where that is asked for", async () => {
    for (const flags of ["-f -", "--lines -f -"]) {
      using terminal = new PseudoTerminal(["generate", flags, "-n 1 --temp 0"]);
      await terminal.until("reading what is typed here; Ctrl-D ends it");
      terminal.type("Once upon\r\x04");
      await terminal.until("status 0");
    }
  });

  it("has its cursor back while gpt is suspended, and when it is stopped", async () => {
    const model = writeZeroGpt2(join(directory, "slow"), gpt2Large); // takes seconds to load
    using terminal = new PseudoTerminal(["--version", "; bash --norc -i"]);
    terminal.type(`'${process.execPath}' bin/gpt.js generate -m ${model} --ids 1\r`);
    await terminal.until("loading slow");
    terminal.type("\x1a");
    expect(await terminal.until("Stopped")).toMatch(/\x1b\[\?25h(?!.*\x1b\[\?25l)/s);
    terminal.type("fg\r");
    expect(await terminal.until("loading slow")).toContain("\x1b[?25l");
    terminal.type("\x03");
    await terminal.until("\x1b[?25h");
    terminal.type("echo ended $?\r");
    expect(await terminal.until("ended 130")).not.toContain("\x1b[?25l");
  });

  it("is not driven by text", async () => {
    const line = 'gpt generate -q "$(printf "red\\033[31m\\007\\302\\233")" --echo -n 0';
    expect(await onTerminal(line)).toBe("\x1b[2mred[31m\x1b[22m\n"); // dim, as a prompt is
    const pieces = await onTerminal('printf "\\033]0;x" | gpt tokenize');
    expect(pieces).toMatch(/^\x1b\[[\d;]+m\\u001b\x1b\[39;49m/);
    expect(pieces.replace(/\x1b\[[\d;]+m/g, "")).toBe("\\u001b]0;x\n");
  });

  it("waits for no text", async () => {
    expect(await onTerminal("gpt generate; true")).toMatch(/^gpt: no text is given/);
  });
});

import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { shell } from "../gpt.ts";

/** `script` (util-linux) gives a process a terminal of its own. */
const missing = spawnSync("script", ["--version"]).status !== 0;
if (missing) process.stderr.write("skipped, there is no `script` command: gpt on a terminal\n");

/** What a terminal is sent by a command line; standard output and standard error both go there. */
async function onTerminal(line: string, columns = 80): Promise<string> {
  const { status, stdout } = await shell(
    `export -f gpt; SHELL=$BASH script -qec 'stty cols ${columns}; ${line}' /dev/null`,
  );
  expect(status).toBe(0);
  return stdout.replaceAll("\r\n", "\n");
}

const generate = 'gpt generate "Once upon" -n 8 --temp 0';

describe.skipIf(missing).concurrent("gpt on a terminal", () => {
  it("shows a spinner until the first token, then the cursor and the text", async () => {
    const [text, sent] = await Promise.all([onTerminal(`${generate} 2> /dev/null`), onTerminal(generate)]);
    expect(text).toMatch(/^[^\x1b]+\n$/);
    expect(sent).toContain("loading stories-gpt2");
    expect(sent.startsWith("\x1b[?25l")).toBe(true);
    expect(sent).toContain(`\x1b[?25h${text}`);
  });

  it("shows no spinner where it is not wanted or has no room, and no colours with NO_COLOR", async () => {
    expect(await onTerminal(`${generate} -q`)).not.toContain("\x1b");
    expect(await onTerminal(`TERM=dumb ${generate}`)).not.toContain("\x1b");
    expect(await onTerminal(generate, 0)).not.toContain("\x1b");
    const plain = await onTerminal(`NO_COLOR=1 ${generate}`);
    expect(plain).toContain("loading stories-gpt2");
    expect(plain).not.toMatch(/\x1b\[\d*m/);
  });

  it("is not driven by text", async () => {
    const line = 'gpt generate -q "$(printf "red\\033[31m\\007\\302\\233")" --echo -n 0';
    expect(await onTerminal(line)).toBe("red[31m\n");
    expect(await onTerminal('printf "\\033]0;x" | gpt tokenize')).toMatch(/^\\u001b\|/);
  });

  it("waits for no text", async () => {
    expect(await onTerminal("gpt generate; true")).toMatch(/^gpt: no text is given/);
  });
});

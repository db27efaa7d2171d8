import { describe, expect, it } from "vitest";
import { hasScript, PseudoTerminal } from "./pseudo-terminal.ts";

if (!hasScript) process.stderr.write("skipped, there is no `script` command: a conversation on a terminal\n");

/** The prompt as readline draws it, in green. */
const prompt = "> \x1b[32m";
/** What is typed has ended, and so has its colour. */
const answer = "\r\n\x1b[39m";
const ctrl = { a: "\x01", c: "\x03", d: "\x04" };
const interactive = ["generate", "-i", "--seed", "3", "--temp", "0"];
const endless = ["-n", "100000", "--ignore-eos", "--overflow", "shift"];

const paste = (text: string) => `\x1b[200~${text}\x1b[201~`;

describe.skipIf(!hasScript).concurrent("a conversation on a terminal", () => {
  it("edits lines, remembers them, and leaves the terminal as it was", async () => {
    using terminal = new PseudoTerminal([...interactive, "-n", "4"]);
    expect(await terminal.until(prompt)).toContain("/help lists the commands");
    terminal.type(`ce upon${ctrl.a}On\r`);
    await terminal.until(`${answer} a time, there`);
    terminal.type("/und\t\r");
    await terminal.until("the text is empty");
    terminal.type("\x1b[A\x1b[A\r");
    await terminal.until(`${answer} a time, there`);
    await terminal.until(prompt);
    terminal.type(ctrl.d);
    expect(await terminal.until("status 0")).toContain("\x1b[?2004l");
    expect(await terminal.until(" icanon ")).toContain("\n");
  });

  it("takes a pasted text of several lines as one input", async () => {
    using terminal = new PseudoTerminal([...interactive, "-n", "0"]);
    expect(await terminal.until(prompt)).toContain("\x1b[?2004h");
    terminal.type(`${paste("Once\r\n\tupon\x1b[2J\ra")} time\r/back\r`);
    const shown = await terminal.until('"Once\\n\\tupon[2J\\na"');
    expect(shown).toContain("Once\u240a");
    expect(shown).not.toContain("\x1b[2J");
  });

  it("stops an answer at Ctrl-C, keeps it, and says at the prompt how to leave", async () => {
    using terminal = new PseudoTerminal([...interactive, ...endless]);
    await terminal.until(prompt);
    terminal.type("Once upon\r");
    await terminal.until(`${answer} a time`);
    terminal.type(`never read${ctrl.c}`);
    await terminal.until(prompt);
    terminal.type(`typed${ctrl.c}${ctrl.c}`);
    await terminal.until("Ctrl-D or /exit leaves");
    terminal.type("/set max-tokens 0\r/stats\r");
    expect(await terminal.until("next seed")).toMatch(/turns +1\r\n/);
    terminal.type("/exit\r");
    expect(await terminal.until("status 0")).not.toContain("never read");
  });

  it("leaves lines to a terminal that cannot move its cursor", async () => {
    using terminal = new PseudoTerminal([...interactive, ...endless], "dumb");
    await terminal.until("\n> ");
    terminal.type("Oncx\x7fe upno\x15Once\\\r");
    await terminal.until("... ");
    terminal.type("upon\r");
    await terminal.until(".");
    terminal.type(ctrl.c);
    await terminal.until("\n> ");
    terminal.type("/set max-tokens 0\r/back\r/undo\r");
    const shown = await terminal.until("the text is empty");
    expect(shown).toMatch(/\r\n> .*"Once\\nupon|… "/);
    terminal.type(ctrl.d);
    expect(shown + (await terminal.until("status 0"))).not.toContain("\x1b");
  });
});

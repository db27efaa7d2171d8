import { describe, expect, it } from "vitest";
import { gpt, gptWith } from "../../../gpt.ts";

const interactive = ["generate", "-i", "--seed", "3", "-n", "8"];

const typed = (...lines: readonly string[]) => ({
  input: Buffer.from(lines.map((line) => `${line}\n`).join("")),
});

describe("gpt generate --interactive, from a pipe", () => {
  it("writes nothing but answers and results, and the same each time", async () => {
    const script = typed("Once upon", "/set seed 3", "/regen", "/back 2", "/top");
    const [one, two] = await Promise.all([gptWith(script, ...interactive), gptWith(script, ...interactive)]);
    expect(one).toEqual({ status: 0, stdout: expect.stringMatching(/^[^\x1b]+$/), stderr: "" });
    expect(two).toEqual(one);
    const [first, again, ...results] = one.stdout.split("\n");
    expect(first).toMatch(/^ a time/);
    expect(again).toBe(first);
    expect(results).toHaveLength(12);
    expect(results[1]).toMatch(/^ 1 +\d+\.\d+% {2}█+ {2}"/);
  });

  it("goes on as `gpt generate` does, with a prompt and without", async () => {
    const [alone, opened, lines] = await Promise.all([
      gpt("generate", "Once upon", "--seed", "3", "-n", "8"),
      gptWith(typed(), ...interactive, "Once upon"),
      gptWith(typed("Once\\", "", "/clear", "/set seed 3", "Once upon"), ...interactive, "-q"),
    ]);
    expect(opened).toEqual(alone);
    expect(lines.stderr).toBe("");
    expect(lines.stdout.endsWith(`\n${alone.stdout}`)).toBe(true);
  });

  it("reports a line that is refused, and goes on", async () => {
    const { status, stdout, stderr } = await gptWith(typed("Once", "/tpo", "more"), ...interactive);
    expect(status).toBe(1);
    expect(stdout.split("\n")).toHaveLength(3);
    expect(stderr).toBe('gpt: line 2 of the input: unknown command "/tpo": did you mean /top?\n');
  });

  it("ends with an opening that is refused", async () => {
    const opening = ["Once upon a time, there was", "-c", "4"];
    const { status, stdout, stderr } = await gptWith(typed("more"), ...interactive, ...opening);
    expect([status, stdout]).toEqual([5, ""]);
    expect(stderr).toMatch(/^gpt: the text has \d+ tokens with this, the context holds 4: .*\n$/);
  });

  it("is refused without standard input", async () => {
    const { status, stderr } = await gpt(...interactive, "--no-stdin");
    expect([status, stderr]).toEqual([2, "gpt: --interactive is a conversation: leave --no-stdin out\n"]);
  });

  it("says how to go on where the context is full", async () => {
    const script = typed("Once", "more", "more");
    const { status, stderr } = await gptWith(script, ...interactive, "-c", "12", "-n", "50");
    expect(status).toBe(1);
    expect(stderr).toMatch(/^the context is full: \/back N or \/clear makes room/);
    expect(stderr).toMatch(
      /\ngpt: line 2 of the input: the text has \d+ tokens with this, the context holds 12: /,
    );
  });

  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("ends at %s while it waits for a line", async (signal, status) => {
    const ended = await gptWith({ input: "open", signal }, ...interactive, "Once");
    expect(ended).toMatchObject({ status, stderr: "" });
    expect(ended.stdout).not.toBe("");
  });
});

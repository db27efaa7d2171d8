import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../../fixtures/temporary.ts";
import { gpt, gptWith } from "../../../gpt.ts";
import { results } from "./written-results.ts";

const file = temporaryFolder();

function written(name: string, text: string | Uint8Array): string {
  writeFileSync(file(name), text);
  return file(name);
}

describe("gpt generate --lines", () => {
  const greedy = ["-n", "4", "--temp", "0", "--simd", "plain"];

  it("continues every line as if it were alone", async () => {
    const prompts = ["Once upon a time", "", "Once upon a dog", "Лес 🦙"];
    const input = Buffer.from(`\ufeff${prompts.join("\r\n")}`);
    const flags = ["-n", "6", "--seed", "3", "--simd", "plain"];
    const [batch, alone] = await Promise.all([
      gptWith({ input }, "generate", "--lines", ...flags),
      gpt("generate", "Once upon a dog", "--json", ...flags),
    ]);
    expect([batch.status, batch.stderr]).toEqual([0, ""]);
    const { timings: _, ...record } = JSON.parse(alone.stdout);
    expect(results(batch.stdout)[2]).toEqual(record);
    expect(results(batch.stdout)).toHaveLength(prompts.length);
  });

  it("writes the same bytes however many it continues at a time, and with guesses", async () => {
    const prompts = Array.from(
      { length: 9 },
      (_, i) => "Once upon a time ".repeat(i % 4) + "Tom".repeat(i % 3),
    );
    const input = Buffer.from(prompts.join("\n"));
    const flags = ["generate", "--lines", "-n", "7", "--seed", "3", "--simd", "plain"];
    const [one, many, few, guessed, beams, beamsOfOne] = await Promise.all([
      gptWith({ input }, ...flags, "--parallel", "1"),
      gptWith({ input }, ...flags, "-v"),
      gptWith({ input }, ...flags, "--np", "3"),
      gptWith({ input }, ...flags, "--lookup", "4"),
      gptWith({ input }, ...flags, "--beams", "3"),
      gptWith({ input }, ...flags, "--beams", "3", "--parallel", "1"),
    ]);
    expect(results(one.stdout)).toHaveLength(9);
    expect(one.stdout).toMatch(/^(\{.*"finish_reason":"length".*\}\n)*$/);
    for (const { status, stdout } of [many, few, guessed]) expect([status, stdout]).toEqual([0, one.stdout]);
    expect(many.stderr).toMatch(/9 lines · generated 63 tok, [\d.,]+ tok\/s\n$/);
    expect([beams.status, beams.stdout]).toEqual([0, beamsOfOne.stdout]);
  });

  it("processes escapes where it is told to, and echoes", async () => {
    const path = written("escapes", "One\\nTwo\nbad \\q\n");
    const { status, stdout, stderr } = await gpt(
      "generate",
      "--lines",
      "-f",
      path,
      "-e",
      "--echo",
      "-n",
      "0",
    );
    const [first, second] = results(stdout);
    expect([status, first?.text, second?.error?.code]).toEqual([1, "One\nTwo", "usage"]);
    expect(stderr).toBe("2 lines, 1 failed: its result says why · generated 0 tok, - tok/s\n");
  });

  it("answers a line that is not UTF-8 with an error", async () => {
    const input = Buffer.concat([Buffer.from("Once\ncaf"), Buffer.of(0xe9), Buffer.from("\nOnce")]);
    const { status, stdout } = await gptWith(
      { input },
      "generate",
      "--lines",
      "-q",
      "--seed",
      "1",
      ...greedy,
    );
    const [first, second, third] = results(stdout);
    expect([status, third]).toEqual([1, first]);
    expect(second?.error).toEqual({
      code: "invalid-file",
      message: expect.stringContaining("byte 3 is 0xe9"),
    });
  });

  it("refuses at once what cannot work", async () => {
    const cases: readonly [flags: string[], status: number, message: string][] = [
      [["--lines", "--model", "nowhere"], 3, 'no model "nowhere"'],
      [["--lines", "text"], 2, "leave the prompt out"],
      [["--lines"], 2, "no lines are given"],
      [["--jsonl", "-f", file("missing")], 3, "there is no such file"],
      [["--jsonl", "-f", file()], 4, "is a directory"],
      [["--jsonl", "-f", "package.json", "-o", file("no", "where")], 3, "there is no directory"],
    ];
    const finished = await Promise.all(cases.map(([flags]) => gpt("generate", ...flags)));
    for (const [i, { status, stdout, stderr }] of finished.entries()) {
      expect([status, stdout, stderr]).toEqual([
        cases[i]?.[1],
        "",
        expect.stringContaining(cases[i]?.[2] ?? ""),
      ]);
      expect(stderr).toMatch(/^gpt: .*\n$/);
    }
  });
});

import { describe, expect, it } from "vitest";
import { commandLine, repetition, useOf } from "../../../../src/cli/verbs/train/command-line.ts";

describe("commandLine", () => {
  it("can be typed again", () => {
    expect(commandLine(["train", "data/**/*.txt", "-o", "it's here", "--betas", "0.9,0.95", ""])).toBe(
      "gpt train 'data/**/*.txt' -o 'it'\\''s here' --betas 0.9,0.95 ''",
    );
  });
});

it("repeats a run with switches as they are typed", () => {
  const request = { init: "m", lora: 4, dora: true, recompute: false };
  expect(commandLine(repetition(request, "out"))).toBe(
    "gpt train --init m --no-recompute --lora 4 --dora -o out",
  );
});

describe("useOf", () => {
  it.each([
    [{}, "gpt generate -m out"],
    [{ init: "m", lora: 4 }, "gpt generate -m m --adapter out"],
    [{ init: "m", task: "fill-mask" }, "gpt fill-mask -m out"],
    [{ init: "m", task: "fill-mask", lora: 4 }, "gpt merge m out -o out-merged"],
  ] as const)("of %j is %s", (request, command) => {
    expect(useOf(request, "out")).toBe(command);
  });
});

import { describe, expect, it } from "vitest";
import { commandLine } from "../../../../src/cli/verbs/train/command-line.ts";

describe("commandLine", () => {
  it("can be typed again", () => {
    expect(commandLine(["train", "data/**/*.txt", "-o", "it's here", "--betas", "0.9,0.95", ""])).toBe(
      "gpt train 'data/**/*.txt' -o 'it'\\''s here' --betas 0.9,0.95 ''",
    );
  });
});

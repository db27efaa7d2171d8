import { describe, expect, it } from "vitest";
import { presetTable } from "../../../../src/cli/verbs/train/preset-table.ts";

describe("presetTable", () => {
  it("lists sizes, parameters and memory", () => {
    const lines = presetTable("gpt2").split("\n");
    expect(lines[0]?.split(/ {2,}/)).toEqual([
      "preset",
      "layers",
      "heads",
      "width",
      "context",
      "vocabulary",
      "parameters",
      "batch",
      "memory",
    ]);
    expect(lines.find((line) => line.startsWith("gpt2 "))).toMatch(
      /12 +12 +768 +1,024 +50,257 +124M +4 +2\.\d+ GB$/,
    );
    expect(lines.find((line) => line.startsWith("mini"))).toMatch(/3\.51M/);
  });

  it("names presets that are too large for the memory of WebAssembly", () => {
    expect(presetTable("llama")).toMatch(/too large for the 4\.29 GB there are: gpt2-medium\n$/);
  });
});

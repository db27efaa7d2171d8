import { describe, expect, it } from "vitest";
import { modulePattern } from "../../../src/weights/adapters/module-pattern.ts";

const name = "model.layers.11.self_attn.q_proj";

describe("a pattern of rank_pattern", () => {
  it.each<[string, boolean]>([
    ["q_proj", true],
    ["self_attn.q_proj", true],
    [name, true],
    ["proj", false],
    ["v_proj", false],
    ["model", false],
    ["layers.1.self_attn.q_proj", false],
    [".*", true],
    [".*q_proj", true],
    ["layers\\.\\d+\\.self_attn\\.[qk]_proj", true],
    ["layers\\.(1|11)\\.(self_attn|mlp)\\..*_proj$", true],
    ["^model\\.layers\\.11\\..*", true],
    ["^layers\\.11\\..*", false],
    ["(?:q|v)_proj", true],
    ["layers.1?1.self_attn.q_proj", true],
    ["(.+)+q_proj", true],
    ["(?=q)q_proj", true],
  ])("%s", (pattern, matches) => {
    expect(modulePattern(pattern)?.(name)).toBe(matches);
  });

  it.each(["(", "a{1000}", "(?<=ab)q_proj", "(a)\\1", "+".repeat(300), "((((((((((a+)+)+)+)+)+)+)+)+)+)"])(
    "is refused where it is not regular, or too large: %s",
    (pattern) => {
      expect(modulePattern(pattern)).toBeUndefined();
    },
  );

  it("takes no longer than its length times that of the name", () => {
    const start = performance.now();
    expect(modulePattern("(a|a|aa)*(a*)*(a*)*b")?.("a".repeat(2000))).toBe(false);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

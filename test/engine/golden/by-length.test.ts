import { expect, it } from "vitest";
import { describeWithShared } from "../../shared.ts";
import { load, logitsOf } from "./models.ts";
import { casesOf, pathOf, toleranceOf } from "./table.ts";

describeWithShared("rotary frequencies by the length of the context", () => {
  it.each([
    ["phi3-longrope", undefined, [1, 12]],
    ["phi3-longrope", 128, [20]],
    ["llama-dynamic", undefined, [1, 12]],
  ] as const)("%s, context %s: the reference's logits", async (name, contextSize, lengths) => {
    const model = await load(pathOf(name), { simd: "plain", threads: 1, contextSize });
    expect(model.contextSize).toBe(contextSize ?? 16);
    const cases = casesOf(name).filter(({ prompt }) => lengths.some((length) => length === prompt.length));
    expect(cases).toHaveLength(lengths.length);
    for (const { prompt, logits } of cases) {
      const all = await logitsOf(model, prompt);
      const errors = logits.flat().map((value, i) => Math.abs((all[i] ?? Number.NaN) - value));
      expect(Math.max(...errors)).toBeLessThan(toleranceOf(name));
    }
    await model.close();
  });
});

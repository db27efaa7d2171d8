import { expect, it } from "vitest";
import { builds } from "../../compute/laboratory.ts";
import { describeWithShared } from "../../shared.ts";
import { greedy, load, logitsOf } from "./models.ts";
import { casesOf, GOLDEN, pathOf, toleranceOf } from "./table.ts";

describeWithShared("golden checkpoints", () => {
  for (const simd of builds) {
    it.each(GOLDEN)(`${simd}: %s gives the reference's logits and greedy ids`, async (name) => {
      const model = await load(pathOf(name), { simd, threads: 2 });
      for (const { prompt, greedy: expected, logits } of casesOf(name)) {
        const all = await logitsOf(model, prompt);
        const errors = logits.flat().map((value, i) => Math.abs((all[i] ?? Number.NaN) - value));
        expect(all.length).toBe(logits.flat().length);
        expect(Math.max(...errors)).toBeLessThan(toleranceOf(name));
        expect(await greedy(model, prompt, expected.length)).toEqual(expected);
      }
      await model.close();
    });
  }
});

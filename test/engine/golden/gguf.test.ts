import { expect, it } from "vitest";
import { quantizeModel } from "../../../src/convert/quantize.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { describeWithShared } from "../../shared.ts";
import { load, logitsOf } from "./models.ts";
import { GOLDEN, longestText, pathOf, REORDERED_IN_GGUF, WITHOUT_GGUF } from "./table.ts";

const file = temporaryFolder();

describeWithShared("a golden checkpoint as GGUF", () => {
  it.each(GOLDEN.filter((name) => !WITHOUT_GGUF.includes(name)))(
    "%s: gives the same logits",
    async (name) => {
      const ids = longestText(name);
      const path = file(`${name}.gguf`);
      await quantizeModel(pathOf(name), path, "f32", { threads: 1 });
      const [original, converted] = await Promise.all(
        [pathOf(name), path].map(async (path) => {
          const model = await load(path, { simd: "plain", threads: 1 });
          const logits = await logitsOf(model, ids);
          await model.close();
          return logits;
        }),
      );
      const errors = original?.map((value, i) => Math.abs(value - (converted?.[i] ?? Number.NaN))) ?? [
        Number.NaN,
      ];
      expect(Math.max(...errors)).toBeLessThan(REORDERED_IN_GGUF.includes(name) ? 2e-4 : 2e-5);
    },
  );
});

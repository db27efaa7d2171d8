import { expect, it } from "vitest";
import { describeWithShared } from "../../shared.ts";
import { expectOneLogits } from "./expect-one-logits.ts";
import { load, logitsOf } from "./models.ts";
import { GOLDEN, longestText, pathOf } from "./table.ts";

describeWithShared("a golden checkpoint gives the same bytes", () => {
  it.each(GOLDEN)("%s: for threads, chunks, batches, forks and truncation", async (name) => {
    const ids = longestText(name);
    const model = await load(pathOf(name), { simd: "plain", threads: 1 });
    const expected = await logitsOf(model, ids);
    expect(expected.every(Number.isFinite)).toBe(true);

    await expectOneLogits(model, ids, expected);
    await model.close();
  });
});

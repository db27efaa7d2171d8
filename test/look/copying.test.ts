import { expect, it } from "vitest";
import { attribution } from "../../src/look/attribution/attribution.ts";
import { copying } from "../../src/look/copying.ts";
import { loadStories } from "../page/stories.ts";

it("the head that reads the name raises its logit; scores are what heads add, less the mean over the text", async () => {
  const { collected, ids } = await loadStories();
  const { model, textOf } = collected;
  const { scores, sources } = await copying(model, ids);
  expect(scores.shape).toEqual([6, 8]);
  const best = scores.values.indexOf(Math.max(...scores.values));
  expect([Math.floor(best / 8), best % 8]).toEqual([5, 6]);
  expect(textOf(ids[sources.values[best] as number] as number)).toBe(" Max");

  let expected = 0;
  const distinct = [...new Set(ids)];
  for (const token of distinct) {
    const { layers } = await attribution(model, ids, { token, against: null });
    const own = layers[5]?.headsBySource?.values.subarray(6 * ids.length, 7 * ids.length) ?? [];
    for (const [j, value] of own.entries()) {
      expected += (ids[j] === token ? value : 0) - value / distinct.length;
    }
  }
  expect(scores.values[best]).toBeCloseTo(expected, 4);
  await model.close();
});

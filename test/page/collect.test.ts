import { expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { Model } from "../../src/engine/model.ts";
import { parseModel } from "../../src/families/parse.ts";
import { collectPage } from "../../src/page/collect/collect.ts";
import { pageHtml } from "../../src/page/write-page.ts";
import { describeWithShared, shared } from "../shared.ts";

async function collected(path: string, ids: readonly number[] = [1, 2, 3, 4, 5, 2, 3, 4]) {
  const checkpoint = await openCheckpoint(shared(path));
  const parsed = await parseModel(checkpoint, "tokens");
  const nPositions = Math.max(parsed.config.nPositions, ids.length); // rotary models take any number
  const description = { ...parsed, config: { ...parsed.config, nPositions } };
  const model = await Model.load(checkpoint, description, { simd: "plain", threads: 1, quantization: "f32" });
  const textOf = (id: number) => `t${id}`;
  const data = await collectPage({ model, name: path, family: "", textOf }, ids);
  await model.close();
  return data;
}

describeWithShared("the views of a page", () => {
  it.each(["gpt2", "llama", "gemma2"])("are all there for %s, and the parts of why add up", async (name) => {
    const { notices, why, attention, neurons, embeddings } = await collected(`models/golden/${name}`);
    expect(notices).toEqual([]);
    expect(attention?.maps.pool).toBe(1);
    expect(neurons.length).toBe(8);
    expect(embeddings?.explained.length).toBe(2);
    const parts = why?.parts.reduce((sum, { value }) => sum + value, 0);
    expect(parts).toBeCloseTo(why?.logitDifference ?? Number.NaN, 4);
    expect(why?.inputs.map(({ name }) => name)).toEqual([
      "what heads read from it",
      "gradient × input",
      "integrated gradients",
      "leave it out",
    ]);
  });

  it.each([
    ["granitemoehybrid", []],
    ["lfm2", []],
    ["gemma3n", ["attribution"]],
    ["opt-350m", ["neurons"]],
  ])("that %s cannot have are named, and the page is written without them", async (name, missing) => {
    const data = await collected(`models/golden/${name}`);
    expect(data.notices.map((notice) => /^Not shown: (\w+)/.exec(notice)?.[1])).toEqual(missing);
    expect(pageHtml(data).length).toBeGreaterThan(10_000);
  });

  it("of a long text have smaller maps, and say what is left out", async () => {
    const text = Array.from({ length: 400 }, (_, i) => 10 + (i % 37));
    const data = await collected("models/golden/llama", text);
    expect(data.attention?.maps.pool).toBe(2);
    expect(data.lens.positions.length).toBe(128);
    expect(data.notices).toEqual([
      "The text has 400 tokens: a cell of the maps of attention stands for 2 × 2 pairs.",
      "The view of the layers has the last 128 tokens of 400.",
    ]);
    expect(pageHtml(data).length).toBeLessThan(6_000_000);
  });
});

import { expect, it } from "vitest";
import { openCheckpoint } from "../../../src/checkpoint/open.ts";
import { InputSums, InputSumsOps } from "../../../src/compute/ops/input-sums-ops.ts";
import { ObservingOps } from "../../../src/compute/ops/observing-ops.ts";
import { measureImportance } from "../../../src/convert/importance/calibrate.ts";
import { meanSquares } from "../../../src/convert/importance/importance.ts";
import { Model } from "../../../src/engine/model.ts";
import { parseModel } from "../../../src/families/parse.ts";
import { loadTokenizer } from "../../../src/tokenizer/index.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { describeWithShared, shared } from "../../shared.ts";

const text = "Once upon a time, there was a little cat who liked the sun. ".repeat(3);

async function load(path: string): Promise<Model> {
  const checkpoint = await openCheckpoint(path);
  return Model.load(checkpoint, await parseModel(checkpoint), { threads: 1, simd: "plain" });
}

it("measures the mean squares of what matrices read, by the names of GGUF", async () => {
  const path = "models/stories";
  const measured = await measureImportance(path, { path: "a/book.txt", text }, { threads: 1, simd: "plain" });
  expect(measured).toMatchObject({ texts: ["book.txt"], windows: 1, windowSize: 256 });
  expect([...measured.tensors.keys()].slice(0, 4)).toEqual(
    ["attn_qkv", "attn_output", "ffn_up", "ffn_down"].map((name) => `blk.0.${name}.weight`),
  );
  await using model = await load(path);
  const seen = new Map<string, Float32Array>();
  const observer = {
    wants: (name: string) => name === "blocks.2.attention_norm" || name === "blocks.2.mlp.active",
    see: (name: string, _: readonly number[], values: Float32Array) => void seen.set(name, values),
  };
  await using observed = model.decorated((ops) => new ObservingOps(ops, observer));
  const tokenizer = await loadTokenizer(path);
  if (tokenizer === undefined) throw new Error("no tokenizer");
  await observed.createSession().append(tokenizer.encode(text));
  for (const [name, result, width] of [
    ["blk.2.attn_qkv.weight", "blocks.2.attention_norm", 256],
    ["blk.2.ffn_down.weight", "blocks.2.mlp.active", 1024],
  ] as const) {
    const values = seen.get(result) ?? new Float32Array();
    const rows = values.length / width;
    const expected = Array.from({ length: width }, (_, i) => {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += (values[row * width + i] ?? Number.NaN) ** 2;
      return sum / rows;
    });
    const found = [...(meanSquares(measured, name, width) ?? [])];
    expect(found.length).toBe(width);
    for (const [i, mean] of found.entries()) expect(mean).toBeCloseTo(expected[i] as number, 4);
  }
});

it("a text of no tokens is too short", async () => {
  const error = await rejectionOf(measureImportance("models/stories", { path: "x", text: "" }));
  expect(error).toMatchObject({ code: "usage", message: expect.stringContaining("is too short to measure") });
});

describeWithShared("mixtures of experts", () => {
  it("each expert has the sums of its own rows", async () => {
    await using model = await load(shared("models/golden/mixtral"));
    const sums = new InputSums();
    await using measured = model.decorated((ops) => new InputSumsOps(ops, sums));
    const ids = [1, 5, 9, 2, 7, 3, 11];
    await measured.createSession().append(ids);
    const [layer] = model.config.layers;
    if (layer?.mlp.kind !== "experts") throw new Error("not a mixture");
    const { count, active } = layer.mlp;
    const experts = Array.from({ length: count }, (_, i) => sums.get(`blocks.0.mlp.experts.up.${i}`));
    expect(experts.reduce((sum, own) => sum + (own?.rows ?? 0), 0)).toBe(ids.length * active);
    // All experts together have read each row of the router as often as it has experts.
    const router = sums.get("blocks.0.mlp.router");
    for (const [i, square] of (router?.squares ?? []).entries()) {
      const total = experts.reduce((sum, own) => sum + (own?.squares[i] ?? 0), 0);
      expect(total).toBeCloseTo(active * square, 3);
    }
  });
});

/** Adapters that give the changed rows lengths (DoRA). */
import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, expect, it } from "vitest";
import { loadModel } from "../../../src/library/load-model.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { writeRandomDirectory } from "../../fixtures/random-checkpoint.ts";
import { gpt2, llama } from "../../fixtures/stored-config.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { decoderOf, type UniformConfig } from "../../fixtures/uniform.ts";
import { decoderLogits } from "../../reference/decoder.ts";
import { changed } from "../../reference/low-rank.ts";
import { RANK, writeAdapter } from "./write-adapter.ts";

const file = temporaryFolder();
const ids = [3, 1, 4, 1, 5];

const { nEmbd, nHead, nKvHead, headDim } = llama;
const layer = "model.layers.1.self_attn";
const gpt2Layers = {
  "transformer.h.0.attn.c_attn": [3 * gpt2.nEmbd, gpt2.nEmbd],
  "transformer.h.1.mlp.c_proj": [gpt2.nEmbd, gpt2.nInner],
} as const;

beforeAll(() => writeRandomDirectory(file("gpt2"), gpt2));

async function logitsWith(model: string, ...adapters: { path: string; scale?: number }[]) {
  await using loaded = await loadModel(model, { adapters, threads: 2 });
  return loaded.createSession().append(ids, { every: true });
}

it.each<[string, UniformConfig, Record<string, readonly [number, number]>, [string, number][]]>([
  [
    "gpt2",
    gpt2,
    gpt2Layers,
    [
      ["blocks.0.attention.qkv.weight", 0],
      ["blocks.1.mlp.down.weight", 0],
    ],
  ],
  [
    "llama",
    llama,
    { [`${layer}.q_proj`]: [nHead * headDim, nEmbd], [`${layer}.v_proj`]: [nKvHead * headDim, nEmbd] },
    [
      ["blocks.1.attention.qkv.weight", 0],
      ["blocks.1.attention.qkv.weight", (nHead + nKvHead) * headDim],
    ],
  ],
])("gives the changed rows of %s their lengths", async (_, config, layers, places) => {
  const weights = writeRandomDirectory(file("model"), config);
  const matrices = writeAdapter(file("lengths"), layers, { use_dora: true });
  for (const scale of [1, 0.5]) {
    const changes = [...matrices.values()].map((own, i) => {
      const [weight, firstOutput] = places[i] ?? ["", 0];
      return { weight, firstOutput, ...own, scale: (scale * 6) / RANK };
    });
    const expected = decoderLogits(decoderOf(config), changed(weights, changes), ids).flat();
    const found = await logitsWith(file("model"), { path: file("lengths"), scale });
    const worst = expected.reduce((most, v, i) => Math.max(most, Math.abs(v - (found[i] ?? Number.NaN))), 0);
    expect(worst).toBeLessThan(1e-3);
  }
});

it("refuses adapters without the lengths that they speak of, and with others", async () => {
  const config = file("bad", "adapter_config.json");
  const say = (from: string, to: string) =>
    writeFileSync(config, readFileSync(config, "utf8").replace(from, to));
  const load = () => rejectionOf(logitsWith(file("gpt2"), { path: file("bad") }));
  writeAdapter(file("bad"), gpt2Layers);
  say("{", '{"use_dora":true,');
  expect((await load()).message).toMatch(/lora_magnitud.* is missing/);
  writeAdapter(file("bad"), gpt2Layers, { use_dora: true });
  say('"use_dora":true', '"use_dora":false');
  expect((await load()).message).toContain("but use_dora of adapter_config.json is false");
});

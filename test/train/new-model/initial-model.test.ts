import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readSafetensors } from "../../../src/checkpoint/safetensors.ts";
import type { JsonObject } from "../../../src/files/json.ts";
import { loadModel } from "../../../src/library/load-model.ts";
import { writeInitialModel } from "../../../src/train/new-model/initial-model.ts";
import { configOfShape, type ShapeFamily } from "../../../src/train/new-model/model-shape.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const folder = temporaryFolder();
const shape = { layers: 8, heads: 4, width: 64, context: 32, vocabulary: 301 };
const config = (family: ShapeFamily): JsonObject => configOfShape({ ...shape, family }, 0);

/** A tensor's numbers. */
async function numbersOf(directory: string, name: string): Promise<Float32Array> {
  const tensor = (await readSafetensors(`${directory}/model.safetensors`)).get(name);
  if (tensor === undefined) throw new Error(`no ${name}`);
  const bytes = readFileSync(tensor.file).subarray(tensor.offset, tensor.offset + tensor.byteLength);
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

function spread(numbers: Float32Array): { readonly mean: number; readonly deviation: number } {
  const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
  const squares = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / numbers.length) };
}

describe("writeInitialModel", () => {
  it.each(["gpt2", "llama"] as const)("writes a %s that loads, and knows nothing", async (family) => {
    await writeInitialModel(folder(family), config(family), 1);
    await using model = await loadModel(folder(family), { threads: 1 });
    const logits = await model.createSession().append([1, 2, 3]);
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    expect(Math.log(total) - (logits[7] as number)).toBeCloseTo(Math.log(shape.vocabulary), 0);
    expect(spread(logits).deviation).toBeGreaterThan(0);
  });

  it("draws weights as GPT-2 does, narrower where they add to the residual stream", async () => {
    await writeInitialModel(folder("spread"), config("gpt2"), 1);
    const of = async (name: string) => spread(await numbersOf(folder("spread"), `transformer.${name}`));
    const { mean, deviation } = await of("h.3.mlp.c_fc.weight");
    expect(mean).toBeCloseTo(0, 3);
    expect(deviation).toBeCloseTo(0.02, 3);
    for (const name of ["h.0.attn.c_proj.weight", "h.7.mlp.c_proj.weight"]) {
      expect((await of(name)).deviation).toBeCloseTo(0.02 / 4, 3);
    }
    expect(await of("ln_f.weight")).toEqual({ mean: 1, deviation: 0 });
    expect(await of("h.0.attn.c_attn.bias")).toEqual({ mean: 0, deviation: 0 });
  });

  it("writes the same for the same seed, and another model for another one", async () => {
    const bytes = async (name: string, seed: number) => {
      await writeInitialModel(folder(name), config("llama"), seed);
      return readFileSync(folder(name, "model.safetensors"));
    };
    const first = await bytes("first", 5);
    expect((await bytes("again", 5)).equals(first)).toBe(true);
    expect((await bytes("other", 6)).equals(first)).toBe(false);
  });

  it("refuses a config that is wrong", async () => {
    const wrong = { ...config("gpt2"), n_head: 5 };
    await expect(writeInitialModel(folder("wrong"), wrong, 1)).rejects.toThrow("n_embd");
  });
});

/**
 * What a checkpoint's generation_config.json does to a loaded model: it goes before the defaults and after
 * the caller.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type GenerateOptions, type LanguageModel, loadModel } from "../../src/index.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { writeZeroGpt2 } from "../fixtures/zero-gpt2.ts";

const path = temporaryFolder();
let models = 0;

/** A model to which all tokens are equally likely: greedy choice takes id 0. */
function modelWith(generationConfig: unknown): string {
  const sizes = { n_layer: 1, n_head: 1, n_embd: 8, n_positions: 32, vocab_size: 10 };
  const directory = writeZeroGpt2(path(`model-${models++}`), sizes);
  writeFileSync(join(directory, "generation_config.json"), JSON.stringify(generationConfig));
  return directory;
}

async function write(model: LanguageModel, options: GenerateOptions = {}) {
  const ids: number[] = [];
  const generation = model.generate([5], options);
  for (;;) {
    const { value, done } = await generation.next();
    if (done) return { ids, ...value };
    ids.push(value.id);
  }
}

it("goes under what the caller gives; undefined is not given", async () => {
  const fields = { do_sample: false, max_new_tokens: 3, suppress_tokens: [0], penalty_alpha: 0.5 };
  await using model = await loadModel(modelWith(fields), { simd: "plain" });
  const logitBias = new Map([[0, -Infinity]]);
  expect(model.generationDefaults).toEqual({ temperature: 0, maxTokens: 3, logitBias });
  expect(model.unsupportedGenerationConfig).toEqual(["penalty_alpha"]);
  expect((await write(model)).ids).toEqual([1, 1, 1]);
  expect((await write(model, { maxTokens: undefined } as object)).ids).toEqual([1, 1, 1]);
  expect((await write(model, { maxTokens: 2, logitBias: new Map() })).ids).toEqual([0, 0]);
});

it("may ask for beam search, which the caller can switch off", async () => {
  await using model = await loadModel(modelWith({ num_beams: 2, max_new_tokens: 4, temperature: 0.5 }));
  const { ids, score } = await write(model);
  expect(ids).toEqual([0, 0, 0, 0]);
  expect(score).toBeCloseTo(Math.log(0.1), 12);
  expect(await write(model, { beams: 1 })).not.toHaveProperty("score");
  expect(() => model.generate([5], { beams: 2, topK: 3 })).toThrow("topK 3 does not go with beams 2");
});

it("gives way to what its beam search would ignore", async () => {
  await using model = await loadModel(modelWith({ num_beams: 4, max_new_tokens: 2 }));
  for (const options of [{ temperature: 0.5 }, { topK: 1 }, { overflow: "shift" }] as const) {
    expect(await write(model, options)).not.toHaveProperty("score");
  }
  expect(await write(model, { seed: 3, temperature: 0 })).toHaveProperty("score");
});

it("names the tokens that end a text, where they are others", async () => {
  await using model = await loadModel(modelWith({ eos_token_id: [0, 7] }));
  expect(model.advisedEndOfTextIds).toEqual([0, 7]);
  expect(await write(model, { temperature: 0 })).toMatchObject({ ids: [], finishReason: "eos" });
});

it("is nothing where there is no such file", async () => {
  const sizes = { n_layer: 1, n_head: 1, n_embd: 8, n_positions: 32, vocab_size: 10 };
  await using model = await loadModel(writeZeroGpt2(path("bare"), sizes), { simd: "plain" });
  expect(model.generationDefaults).toEqual({});
  expect(model.unsupportedGenerationConfig).toEqual([]);
  expect(model.advisedEndOfTextIds).toEqual([]);
});

it("refuses a wrong value and says where it is, unless the caller sets the option", async () => {
  const directory = modelWith({ top_p: 3, max_new_tokens: 2 });
  await using model = await loadModel(directory, { simd: "plain" });
  const problem = "top_p is 3, expected a number from 0 to 1";
  const message = `${join(directory, "generation_config.json")}: ${problem}`;
  await expect(write(model)).rejects.toMatchObject({ code: "invalid-file", message });
  expect((await write(model, { topP: 0.9, seed: 1 })).ids).toHaveLength(2);
});

import { unlinkSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { Runtime } from "../../../src/compute/runtime.ts";
import { loadModel } from "../../../src/library/load-model.ts";
import type { AdapterChoice } from "../../../src/weights/adapters/choice.ts";
import { builds } from "../../compute/laboratory.ts";
import { writeSafetensors } from "../../fixtures/directory-writer.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { asPytorch } from "../../fixtures/pytorch.ts";
import { type StoredAs, writeRandomDirectory } from "../../fixtures/random-checkpoint.ts";
import { gpt2, llama } from "../../fixtures/stored-config.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { decoderOf, type UniformConfig } from "../../fixtures/uniform.ts";
import { decoderLogits, type Weights } from "../../reference/decoder.ts";
import { changed } from "../../reference/low-rank.ts";
import { type Layers, RANK, writeAdapter } from "./write-adapter.ts";

const file = temporaryFolder();
const ids = [3, 1, 4, 1, 5];

const { nEmbd, nInner, nHead, nKvHead, headDim, vocabSize } = llama;
const attention = "model.layers.1.self_attn";

/** Layers by their names, and where the outputs of each are. */
const gpt2Places = {
  "transformer.h.0.attn.c_attn": ["blocks.0.attention.qkv.weight", 0],
  "transformer.h.1.mlp.c_proj": ["blocks.1.mlp.down.weight", 0],
} as const;
const gpt2Layers: Layers = {
  "transformer.h.0.attn.c_attn": [3 * gpt2.nEmbd, gpt2.nEmbd],
  "transformer.h.1.mlp.c_proj": [gpt2.nEmbd, gpt2.nInner],
};
const llamaPlaces = {
  [`${attention}.q_proj`]: ["blocks.1.attention.qkv.weight", 0],
  [`${attention}.v_proj`]: ["blocks.1.attention.qkv.weight", (nHead + nKvHead) * headDim],
  "model.layers.0.mlp.up_proj": ["blocks.0.mlp.up.weight", nInner],
  lm_head: ["head.weight", 0],
} as const;
const llamaLayers: Layers = {
  [`${attention}.q_proj`]: [nHead * headDim, nEmbd],
  [`${attention}.v_proj`]: [nKvHead * headDim, nEmbd],
  "model.layers.0.mlp.up_proj": [nInner, nEmbd],
  lm_head: [vocabSize, nEmbd],
};

type Places = Readonly<Record<string, readonly [weight: string, firstOutput: number]>>;

async function logitsWith(model: string, adapters: readonly AdapterChoice[], simd = builds[0]) {
  await using loaded = await loadModel(model, { adapters, threads: 2, simd });
  return loaded.createSession().append(ids, { every: true });
}

function expectLogits(actual: Float32Array, config: UniformConfig, weights: Weights): void {
  const expected = decoderLogits(decoderOf(config), weights, ids).flat();
  const worst = expected.reduce((most, v, i) => Math.max(most, Math.abs(v - (actual[i] ?? Number.NaN))), 0);
  expect(worst).toBeLessThan(1e-3);
}

describe.each(builds)("a model with adapters, %s build", (simd) => {
  it.each<[string, UniformConfig, Layers, Places, StoredAs, StoredAs]>([
    ["gpt2", gpt2, gpt2Layers, gpt2Places, "F32", "F32"],
    ["gpt2 in F16", gpt2, gpt2Layers, gpt2Places, "F16", "BF16"],
    ["llama", llama, llamaLayers, llamaPlaces, "F32", "F16"],
    ["llama in BF16", llama, llamaLayers, llamaPlaces, "BF16", "F32"],
  ])("%s: adds scale alpha / rank B A to their outputs", async (_, config, layers, places, stored, dtype) => {
    const weights = writeRandomDirectory(file("model"), config, { dtype: stored });
    const matrices = writeAdapter(file("adapter"), layers, {}, dtype);
    const changes = (scale: number) =>
      [...matrices].map(([name, pair]) => {
        const [weight = "", firstOutput = 0] = places[name] ?? [];
        return { weight, firstOutput, ...pair, scale };
      });
    const path = file("adapter");
    const once = await logitsWith(file("model"), [{ path }], simd);
    expectLogits(once, config, changed(weights, changes(2)));
    const twice = [{ path, scale: -1.5 }, { path }];
    expectLogits(await logitsWith(file("model"), twice, simd), config, changed(weights, changes(-1)));
  });
});

describe("adapters", () => {
  beforeAll(() => {
    writeRandomDirectory(file("gpt2"), gpt2);
  });

  const write = (changes: Readonly<Record<string, unknown>> = {}, layers = gpt2Layers) =>
    writeAdapter(file("bad"), layers, changes);
  const load = () => logitsWith(file("gpt2"), [{ path: file("bad") }]);

  it("are scaled by the root of the rank where they say so", async () => {
    write({ use_rslora: true });
    const rooted = await load();
    write();
    const scale = Math.sqrt(RANK);
    const plain = await logitsWith(file("gpt2"), [{ path: file("bad"), scale }]);
    const worst = rooted.reduce((most, v, i) => Math.max(most, Math.abs(v - (plain[i] ?? 0))), 0);
    expect(worst).toBeLessThan(1e-4);
  });

  it("may be of the model without its head, and say by a pattern what they adapt", async () => {
    write();
    const expected = await load();
    const layers = Object.entries(gpt2Layers).map(([name, shape]) => [
      name.replace("transformer.", ""),
      shape,
    ]);
    write({ target_modules: ".*\\.(c_attn|mlp.c_proj)" }, Object.fromEntries(layers));
    expect(await load()).toEqual(expected);
  });

  it("are read from adapter_model.bin, too", async () => {
    write();
    const expected = await load();
    writeAdapter(file("pickled"), gpt2Layers);
    asPytorch(file("pickled", "adapter_model.safetensors"), file("pickled", "adapter_model.bin"));
    expect(await logitsWith(file("gpt2"), [{ path: file("pickled") }])).toEqual(expected);
  });

  it("have ranks and alphas of their own for modules that a pattern names", async () => {
    const weights = writeRandomDirectory(file("patterned"), gpt2);
    const matrices = writeAdapter(file("patterns"), gpt2Layers, {
      r: 64,
      rank_pattern: { c_attn: RANK, "^transformer\\.h\\.(0|1)\\.mlp\\..*": RANK },
      alpha_pattern: { "h\\.\\d+\\.mlp\\.c_proj": 12, "h.1": 99 },
    });
    const changes = [...matrices].map(([name, pair]) => {
      const [weight, firstOutput] = gpt2Places[name as keyof typeof gpt2Places];
      return { weight, firstOutput, ...pair, scale: name.includes("mlp") ? 12 / RANK : 6 / RANK };
    });
    const logits = await logitsWith(file("patterned"), [{ path: file("patterns") }]);
    expectLogits(logits, gpt2, changed(weights, changes));
  });

  it("may name layers that other models have", async () => {
    write();
    const expected = await load();
    write({ target_modules: ["c_attn", "c_proj", "q_proj"] });
    expect(await load()).toEqual(expected);
  });

  it("leave nothing in memory but the weights", async () => {
    write();
    const { memory } = Runtime.get("plain");
    const before = memory.allocated;
    const model = await loadModel(file("gpt2"), { simd: "plain" });
    const bytes = memory.allocated - before;
    await model.close();
    const adapted = await loadModel(file("gpt2"), { simd: "plain", adapters: [{ path: file("bad") }] });
    expect(memory.allocated - before).toBe(bytes);
    await adapted.close();
  });

  it.each<[Readonly<Record<string, unknown>>, string]>([
    [{ peft_type: "IA3" }, 'peft_type is "IA3", expected "LORA"'],
    [{ peft_type: null }, "peft_type is missing"],
    [{ task_type: "TOKEN_CLS" }, 'task_type is "TOKEN_CLS", expected "CAUSAL_LM" or "SEQ_CLS"'],
    [{ bias: "some" }, 'bias is "some", expected one of none, all, lora_only'],
    [{ use_qalora: true }, "use_qalora is true, which is not supported"],
    [{ modules_to_save: [4] }, "modules_to_save is [4], expected names of modules"],
    [{ modules_to_save: ["wte"] }, 'modules_to_save names "wte", which the adapter has no weights for'],
    [{ rank_pattern: { c_attn: 4 } }, "has shape [3,60], but model and rank ask for [4,60]"],
    [{ rank_pattern: { c_attn: 0 } }, "rank_pattern.c_attn is 0, expected a whole number from 1"],
    [{ rank_pattern: { "(c_attn": 3 } }, "rank_pattern.(c_attn is 3, but its name is no pattern"],
    [{ rank_pattern: ["c_attn"] }, 'rank_pattern is ["c_attn"], expected an object in braces'],
    [{ alpha_pattern: { c_attn: -4 } }, "alpha_pattern.c_attn is -4, expected a number above 0"],
    [{ init_lora_weights: "pissa" }, 'init_lora_weights is "pissa", which changes the base model'],
    [{ r: 0 }, "r is 0, expected a whole number from 1"],
    [{ r: 4 }, "has shape [3,60], but model and rank ask for [4,60]"],
    [{ lora_alpha: "8" }, 'lora_alpha is "8", expected a number above 0'],
    [{ lora_alpha: -1 }, "lora_alpha is -1"],
    [{ use_rslora: 1 }, "use_rslora is 1, expected true or false"],
    [{ target_modules: [] }, "target_modules is [], expected names of modules"],
    [{ target_modules: [4] }, "target_modules is [4]"],
    [{ target_modules: ["c_attn"] }, 'target_modules does not name "transformer.h.1.mlp.c_proj"'],
    [{ target_modules: ["c_attn", "c_proj", "c_fc"] }, 'target_modules names "c_fc"'],
  ])("are refused with %j", async (changes, message) => {
    write(changes);
    const { allocated } = Runtime.get("plain").memory;
    const error = await rejectionOf(load());
    expect(error.code).toBe("invalid-file");
    expect(error.message).toContain(message);
    expect(Runtime.get("plain").memory.allocated).toBe(allocated);
  });

  it.each(["rank_pattern", "alpha_pattern"])(
    "with a long name in %s are refused on a short line",
    async (name) => {
      write({ [name]: { ["x".repeat(70_000)]: 3 } });
      const { code, message } = await rejectionOf(load());
      const shown = `${`${name}.`.padEnd(60, "x")}…${"x".repeat(59)}`;
      expect(code).toBe("invalid-file");
      expect(message).toMatch(/adapter_config\.json: /);
      expect(message.endsWith(`: ${shown} is 3, but its name is longer than 256 characters`)).toBe(true);
    },
  );

  it.each<[string, Layers, string]>([
    ["another width", { "transformer.h.0.attn.c_attn": [180, 64] }, "has shape [3,64]"],
    ["another model", { "model.layers.0.self_attn.q_proj": [60, 60] }, "a layer that the model has not"],
    ["more layers", { "transformer.h.2.attn.c_attn": [180, 60] }, "a layer that the model has not"],
    ["an embedding", { "transformer.wte": [131, 60] }, 'adapts "transformer.wte"'],
    ["a tied head", { lm_head: [131, 60] }, 'adapts "lm_head"'],
    ["nothing", {}, "holds no tensors"],
  ])("for %s are refused", async (_, layers, message) => {
    write({ target_modules: "all-linear" }, layers);
    const error = await rejectionOf(load());
    expect(error.code).toBe("invalid-file");
    expect(error.message).toContain(message);
  });

  it.each([
    ["base_model.model.transformer.h.0.attn.c_attn.lora_A.weight", 'lora_B.weight" is missing'],
    ["base_model.model.transformer.wte.lora_embedding_A", "is no lora_A or lora_B weight"],
    ["lora_A.weight", "is no lora_A or lora_B weight"],
  ])("whose only tensor is %s are refused", async (name, message) => {
    write({ target_modules: "all-linear" });
    writeSafetensors(file("bad", "adapter_model.safetensors"), { [name]: { shape: [RANK, 60] } });
    expect((await rejectionOf(load())).message).toContain(message);
  });

  it("that are not there, or not all there, are refused", async () => {
    const load = (path: string, scale?: number) => rejectionOf(logitsWith(file("gpt2"), [{ path, scale }]));
    expect((await load(file("nowhere"))).code).toBe("not-found");
    expect((await load(file("gpt2"))).message).toContain(
      "has no adapter_config.json: an adapter is a directory",
    );
    write();
    expect((await load(file("bad"), Number.NaN)).message).toBe(
      "scale must be a number from -1000000 to 1000000, found NaN",
    );
    unlinkSync(file("bad", "adapter_model.safetensors"));
    expect((await load(file("bad"))).message).toContain("has no adapter_model.safetensors: an adapter is");
    writeFileSync(file("bad", "adapter_model.bin"), "");
    expect((await load(file("bad"))).message).toContain("adapter_model.bin: is empty");
    const one = rejectionOf(loadModel(file("gpt2"), { adapters: "bad" as unknown as [] }));
    expect((await one).message).toBe("adapters must be a list of adapters, found 'bad'");
  });
});

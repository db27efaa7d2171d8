import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readGguf, readGgufEntries } from "../../src/checkpoint/gguf.ts";
import { ggufValue } from "../../src/checkpoint/gguf-entries.ts";
import { writeGguf } from "../../src/checkpoint/gguf-writer.ts";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { TensorReader } from "../../src/checkpoint/reader.ts";
import { Runtime } from "../../src/compute/runtime.ts";
import {
  type ConversionOptions,
  type FileType,
  loadModel,
  type ModelOptions,
  type QuantizeOptions,
  quantizeModel,
} from "../../src/index.ts";
import type { DecoderConfig } from "../../src/model/config.ts";
import { describeModel } from "../../src/model/families/index.ts";
import { findModel } from "../../src/model-path.ts";
import { Converter } from "../../src/quantize/converter.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { overwriteNumber } from "../fixtures/overwrite-number.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { writeRandomDirectory, writeRandomGguf } from "../model/random-checkpoint.ts";
import { gpt2, gptJson, llama, llamaJson, openAiGpt, rotary } from "../model/stored-config.ts";

const file = temporaryFolder();

async function logitsOf(path: string, options: ModelOptions = {}): Promise<Float32Array> {
  await using model = await loadModel(path, { threads: 1, simd: "plain", ...options });
  return model.createSession().append([5, 4, 3, 2, 1], { every: true });
}

/** The root of the mean squared error, as a share of the values' own. */
function meanError(found: Float32Array, wanted: Float32Array): number {
  const squares = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt(squares(found.map((value, i) => value - (wanted[i] ?? Number.NaN))) / squares(wanted));
}

const typesOf = async (path: string) =>
  Object.fromEntries(
    [...(await openCheckpoint(path)).tensors.values()].map(({ name, dtype }) => [name, dtype]),
  );

const llama3 = {
  kind: "llama3",
  factor: 8,
  lowFreqFactor: 1,
  highFreqFactor: 4,
  originalPositions: 40,
} as const;
const qwen2: DecoderConfig = { ...llama, family: "qwen2", qkvBias: true };

describe("a directory as a GGUF file in F32", () => {
  it.each<[string, DecoderConfig]>([
    ["gpt2", gpt2],
    ["exact-gelu", { ...gpt2, activation: "gelu_erf" }],
    ["untied", { ...gpt2, tiedHead: false }],
    ["llama", llama],
    ["linear", { ...llama, position: rotary({ kind: "linear", factor: 4 }) }],
    ["biases", { ...llama, qkvBias: true, attentionOutputBias: true, mlpBias: true }],
    ["qwen2", qwen2],
    ["qwen3", { ...llama, family: "qwen3", queryKeyNorm: true, tiedHead: true }],
  ])("%s is the same model", async (name, config) => {
    writeRandomDirectory(file(name), config);
    await quantizeModel(file(name), file(`${name}.gguf`), "f32");
    const description = await describeModel(await openCheckpoint(file(`${name}.gguf`)));
    expect(description.config).toEqual({ ...config, normEpsilon: Math.fround(config.normEpsilon) });
    expect(await logitsOf(file(`${name}.gguf`))).toEqual(await logitsOf(file(name)));
  });

  it("has a tensor for Llama 3's rotary divisors", async () => {
    writeRandomDirectory(file("llama3"), { ...llama, position: rotary(llama3) });
    await quantizeModel(file("llama3"), file("llama3.gguf"), "f32");
    expect(await typesOf(file("llama3.gguf"))).toMatchObject({ "rope_freqs.weight": "F32" });
    const [found, wanted] = [await logitsOf(file("llama3.gguf")), await logitsOf(file("llama3"))];
    expect(Math.max(...found.map((value, i) => Math.abs(value - (wanted[i] ?? 0))))).toBeLessThan(1e-4);
  });

  it("names what it was made from, and the tokens that begin and end a text", async () => {
    const json = { ...llamaJson(llama), bos_token_id: 1, eos_token_id: [2, 3] };
    writeRandomDirectory(file("named"), llama, {}, json);
    await quantizeModel(file("named"), file("named.gguf"), "f16");
    const { metadata } = (await openCheckpoint(file("named.gguf"))) as {
      metadata?: ReadonlyMap<string, unknown>;
    };
    expect(Object.fromEntries(metadata ?? [])).toMatchObject({
      "general.architecture": "llama",
      "general.name": "named",
      "general.file_type": 1,
      "general.quantization_version": 2,
      "llama.vocab_size": llama.vocabSize,
      "tokenizer.ggml.model": "none",
      "tokenizer.ggml.bos_token_id": 1,
      "tokenizer.ggml.eos_token_id": 2,
    });
  });
});

describe("types in a GGUF file", () => {
  const wide: DecoderConfig = { ...llama, nEmbd: 64, headDim: 16, nHead: 4, nInner: 90 };

  it("are blocks where rows divide into them, else F16; vectors and position tables stay F32", async () => {
    writeRandomDirectory(file("wide"), wide);
    await quantizeModel(file("wide"), file("wide.gguf"), "q8_0");
    expect(await typesOf(file("wide.gguf"))).toMatchObject({
      "token_embd.weight": "Q8_0",
      "blk.0.attn_q.weight": "Q8_0",
      "blk.0.ffn_up.weight": "Q8_0",
      "blk.0.ffn_down.weight": "F16",
      "blk.0.attn_norm.weight": "F32",
      "output.weight": "Q8_0",
    });
    writeRandomDirectory(file("narrow"), gpt2);
    await quantizeModel(file("narrow"), file("narrow.gguf"), "q4_0");
    const types = await typesOf(file("narrow.gguf"));
    expect(types).toMatchObject({ "position_embd.weight": "F32", "blk.0.attn_qkv.bias": "F32" });
    expect(types["blk.0.attn_qkv.weight"]).toBe("F16");
  });

  it("go from GGUF to GGUF with all other tensors and metadata as they are", async () => {
    const divisors = { ...wide, position: rotary({ kind: "divisors", divisors: [1, 2, 3, 4, 5, 6, 7, 8] }) };
    const more = { "general.alignment": 32, "x.y": "kept", "llama.expert_count": 0 };
    writeRandomGguf(file("from.gguf"), divisors, {}, more);
    await quantizeModel(file("from.gguf"), file("to.gguf"), "f16");
    expect(await typesOf(file("to.gguf"))).toMatchObject({
      "rope_freqs.weight": "F32",
      "output.weight": "F16",
    });
    const [from, to] = [await openCheckpoint(file("from.gguf")), await openCheckpoint(file("to.gguf"))];
    if (from.format !== "gguf" || to.format !== "gguf") throw new Error("not GGUF");
    const { "general.alignment": _, ...kept } = Object.fromEntries(from.metadata);
    expect(Object.fromEntries(to.metadata)).toMatchObject({ ...kept, "general.file_type": 1 });
    await quantizeModel(file("to.gguf"), file("again.gguf"), "f16");
    expect(readFileSync(file("again.gguf")).equals(readFileSync(file("to.gguf")))).toBe(true);
    expect(await logitsOf(file("again.gguf"))).toEqual(await logitsOf(file("to.gguf")));
  });
});

describe("blocks that were written", () => {
  const even = { vocabSize: 131, nEmbd: 64, headDim: 16, nHead: 4, nInner: 96 } as const;
  const configs: readonly [string, DecoderConfig][] = [
    ["even-gpt2", { ...gpt2, ...even, nKvHead: 4 }],
    ["even-llama", { ...llama, ...even }],
  ];

  it.each(
    configs.flatMap(([name, config]) =>
      (["q8_0", "q4_0"] as const).map((type) => [name, type, config] as const),
    ),
  )("are what %s is loaded as in %s", async (name, type, config) => {
    writeRandomDirectory(file(name), config);
    await quantizeModel(file(name), file(`${name}.gguf`), type);
    const loaded = await logitsOf(file(`${name}.gguf`));
    expect(await logitsOf(file(name), { quantization: type, threads: 2 })).toEqual(loaded);
    const floats = await logitsOf(file(`${name}.gguf`), { quantization: "f32" });
    expect(floats).not.toEqual(loaded);
    expect(meanError(loaded, floats)).toBeLessThan(0.05);
    expect(meanError(loaded, await logitsOf(file(name)))).toBeLessThan(type === "q8_0" ? 0.05 : 0.5);
  });

  it("may be of several types in one matrix, as in llama.cpp's mixtures", async () => {
    writeRandomDirectory(file("parts"), { ...llama, ...even });
    await quantizeModel(file("parts"), file("parts-q4.gguf"), "q4_0");
    await quantizeModel(file("parts"), file("parts-q8.gguf"), "q8_0");
    const few = await readGguf(file("parts-q4.gguf"));
    const many = await readGguf(file("parts-q8.gguf"));
    const mixed = [...few.tensors.values()].map(
      (tensor) => (tensor.name.includes("attn_v") && many.tensors.get(tensor.name)) || tensor,
    );
    await using converter = new Converter(Runtime.get("plain"), 1, {});
    const entries = await readGgufEntries(file("parts-q4.gguf"));
    await writeGguf(
      file("mixed.gguf"),
      entries,
      mixed.map((tensor) => converter.copy(tensor)),
    );
    const loaded = await logitsOf(file("mixed.gguf"));
    expect(meanError(loaded, await logitsOf(file("mixed.gguf"), { quantization: "f32" }))).toBeLessThan(0.05);
  });
});

describe("a directory as a directory", () => {
  it.each<[FileType, string, string]>([
    ["f16", "F16", "float16"],
    ["bf16", "BF16", "bfloat16"],
    ["f32", "F32", "float32"],
  ])("in %s has all weights in that type, and says so", async (type, dtype, named) => {
    writeRandomDirectory(file("from"), qwen2, {}, { ...llamaJson(qwen2), torch_dtype: "float64" });
    writeFileSync(file("from", "generation_config.json"), '{"eos_token_id":7}');
    await quantizeModel(file("from"), file(type), type);
    expect(new Set(Object.values(await typesOf(file(type))))).toEqual(new Set([dtype]));
    expect(JSON.parse(readFileSync(file(type, "config.json"), "utf8"))).toMatchObject({ torch_dtype: named });
    expect(existsSync(file(type, "generation_config.json"))).toBe(true);
    const [found, wanted] = [await logitsOf(file(type)), await logitsOf(file("from"))];
    const spread = Math.max(...wanted) - Math.min(...wanted);
    const error = Math.max(...found.map((value, i) => Math.abs(value - (wanted[i] ?? 0))));
    expect(error / spread).toBeLessThan({ F16: 2e-3, BF16: 2e-2, F32: 1e-9 }[dtype] ?? 0);
  });

  it("keeps a classifier's head, which GGUF has no place for", async () => {
    const classifier = { ...gpt2, labels: ["a", "b", "c"] };
    const json = { ...gptJson(gpt2), architectures: ["GPT2ForSequenceClassification"], num_labels: 3 };
    writeRandomDirectory(file("classifier"), classifier, {}, json);
    await quantizeModel(file("classifier"), file("classifier-f16"), "f16");
    expect(await typesOf(file("classifier-f16"))).toEqual(
      Object.fromEntries(Object.keys(await typesOf(file("classifier"))).map((name) => [name, "F16"])),
    );
    const error = await rejectionOf(quantizeModel(file("classifier"), file("classifier.gguf"), "q8_0"));
    expect(error.message).toContain("GGUF has no architecture for classifiers: write a directory instead");
  });

  it("leaves the model that was there as it was, where its weights cannot be written", async () => {
    writeRandomDirectory(file("older"), gpt2);
    writeRandomDirectory(file("newer"), { ...gpt2, vocabSize: gpt2.vocabSize + 1 });
    await overwriteNumber(file("newer"), "ln_f.weight", Number.NaN);
    const contents = () =>
      readdirSync(file("older")).map((name) => [name, readFileSync(file("older", name))]);
    const before = contents();
    expect((await rejectionOf(quantizeModel(file("newer"), file("older"), "f16"))).code).toBe("invalid-file");
    expect(contents()).toEqual(before);
  });

  it("keeps Conv1D's layout", async () => {
    writeRandomDirectory(file("conv"), gpt2);
    await quantizeModel(file("conv"), file("conv-f16"), "f16");
    const checkpoint = await openCheckpoint(file("conv-f16"));
    const tensor = checkpoint.tensors.get("h.0.mlp.c_fc.weight");
    expect(tensor?.shape).toEqual([gpt2.nEmbd, gpt2.nInner]);
    await using reader = new TensorReader();
    const bytes = new Uint8Array(tensor?.byteLength ?? 0);
    if (tensor !== undefined) await reader.read(tensor, 0, bytes);
    expect(bytes.some((byte) => byte !== 0)).toBe(true);
  });
});

describe("a GGUF file as a directory", () => {
  it.each<[string, DecoderConfig]>([
    ["gpt2", gpt2],
    ["exact-gelu", { ...gpt2, activation: "gelu_erf" }],
    ["untied-gpt2", { ...gpt2, tiedHead: false }],
    ["llama", llama],
    ["tied-llama", { ...llama, tiedHead: true }],
    ["linear", { ...llama, position: rotary({ kind: "linear", factor: 4 }) }],
    ["biases", { ...llama, qkvBias: true, attentionOutputBias: true, mlpBias: true }],
    ["qwen2", qwen2],
    ["qwen3", { ...llama, family: "qwen3", queryKeyNorm: true }],
  ])("%s is the same model, and again as a GGUF file", async (name, config) => {
    const [start, back] = [file(`start-${name}.gguf`), file(`back-${name}.gguf`)];
    writeRandomDirectory(file(`first-${name}`), config);
    await quantizeModel(file(`first-${name}`), start, "f32");
    await quantizeModel(start, file(`between-${name}`), "f32");
    const description = await describeModel(await openCheckpoint(file(`between-${name}`)));
    expect(description.config).toEqual({ ...config, normEpsilon: Math.fround(config.normEpsilon) });
    expect(await logitsOf(file(`between-${name}`))).toEqual(await logitsOf(file(`first-${name}`)));
    await quantizeModel(file(`between-${name}`), back, "f32");
    expect(await logitsOf(back)).toEqual(await logitsOf(start));
  });

  it("has the names and layouts of transformers", async () => {
    writeRandomDirectory(file("names"), { ...gpt2, tiedHead: false });
    await quantizeModel(file("names"), file("names.gguf"), "f32");
    await quantizeModel(file("names.gguf"), file("names-again"), "bf16");
    const { tensors } = await openCheckpoint(file("names-again"));
    expect(tensors.get("transformer.h.1.mlp.c_fc.weight")?.shape).toEqual([gpt2.nEmbd, gpt2.nInner]);
    expect(tensors.get("lm_head.weight")?.shape).toEqual([gpt2.vocabSize, gpt2.nEmbd]);
    expect(JSON.parse(readFileSync(file("names-again", "config.json"), "utf8"))).toMatchObject({
      architectures: ["GPT2LMHeadModel"],
      torch_dtype: "bfloat16",
    });
  });

  it("of blocks has the floats that they stand for", async () => {
    const wide: DecoderConfig = { ...llama, nEmbd: 64, headDim: 16, nHead: 4, nInner: 96 };
    writeRandomDirectory(file("floats"), wide);
    await quantizeModel(file("floats"), file("floats.gguf"), "q4_0");
    await quantizeModel(file("floats.gguf"), file("from-blocks"), "f32");
    const wanted = await logitsOf(file("floats.gguf"), { quantization: "f32" });
    expect(await logitsOf(file("from-blocks"))).toEqual(wanted);
  });

  it("says Llama 3's scaling by its name", async () => {
    writeRandomDirectory(file("named-rope"), { ...llama, position: rotary(llama3) });
    await quantizeModel(file("named-rope"), file("named-rope.gguf"), "f32");
    await quantizeModel(file("named-rope.gguf"), file("named-again"), "f32");
    const { config } = await describeModel(await openCheckpoint(file("named-again")));
    expect(config.position).toEqual(rotary(llama3));
    expect(await logitsOf(file("named-again"))).toEqual(await logitsOf(file("named-rope")));
  });

  it("keeps the tokenizer, the ends of texts and the template of chats", async () => {
    const directory = findModel();
    await quantizeModel(directory, file("stories.gguf"), "f32");
    const entries = new Map(await readGgufEntries(file("stories.gguf")));
    entries.set("tokenizer.chat_template", ggufValue.string("{{ messages }}"));
    entries.set("tokenizer.ggml.eot_token_id", ggufValue.uint32(5));
    await using converter = new Converter(Runtime.get("plain"), 1, {});
    const { tensors } = await readGguf(file("stories.gguf"));
    const copies = [...tensors.values()].map((tensor) => converter.copy(tensor));
    await writeGguf(file("chat.gguf"), entries, copies);
    await quantizeModel(file("chat.gguf"), file("chat"), "f16");
    const json = JSON.parse(readFileSync(file("chat", "tokenizer_config.json"), "utf8"));
    expect(json.chat_template).toBe("{{ messages }}");
    await using model = await loadModel(file("chat"), { threads: 1 });
    await using first = await loadModel(directory, { threads: 1 });
    const text = "Once upon a time, it's 1234.<|endoftext|> The cat";
    const options = { parseSpecial: true };
    expect(model.tokenizer.encode(text, options)).toEqual(first.tokenizer.encode(text, options));
    const { endOfTextIds } = await describeModel(await openCheckpoint(file("chat")));
    expect(endOfTextIds).toEqual([...first.tokenizer.endOfTextIds, 5]);
  });
});

describe("what is refused", () => {
  it.each<[string, DecoderConfig, string, FileType, string]>([
    ["gpt1", openAiGpt, "x.gguf", "f16", "gpt1: GGUF has no architecture for openai-gpt models"],
    ["sinus", { ...gpt2, position: { kind: "sinusoidal" } }, "x.gguf", "f16", "for sinusoidal positions"],
    ["silu", { ...gpt2, activation: "silu" }, "x.gguf", "f16", "for a gpt2 with SiLU"],
    ["blocks", gpt2, "x", "q8_0", "Q8_0 is for GGUF: write to a path that ends in .gguf"],
    ["same", gpt2, "same", "f16", "is what is read"],
    ["odd", gpt2, "x.gguf", "q5_k" as FileType, "expected one of q8_0, q4_0, f16, bf16, f32"],
  ])("%s", async (name, config, output, type, message) => {
    writeRandomDirectory(file(name), config);
    const error = await rejectionOf(quantizeModel(file(name), file(output), type));
    expect(error).toMatchObject({ code: "usage", message: expect.stringContaining(message) });
    expect(existsSync(file("x.gguf")) || existsSync(file("x"))).toBe(false);
  });

  it("blocks as other blocks, unless that is allowed", async () => {
    const [floats, blocks, output] = [file("once"), file("once.gguf"), file("twice.gguf")];
    writeRandomDirectory(floats, { ...gpt2, nEmbd: 64, nHead: 4, nKvHead: 4, headDim: 16 });
    await quantizeModel(floats, blocks, "q8_0");
    expect(await rejectionOf(quantizeModel(blocks, output, "q4_0"))).toMatchObject({
      code: "usage",
      message: `${blocks}: is quantized already, to Q8_0: Q4_0 of its original loses less; or allow it (--allow-requantize)`,
    });
    expect(existsSync(output)).toBe(false);
    await quantizeModel(blocks, output, "q4_0", { allowRequantize: true });
    expect(Object.values(await typesOf(output))).toContain("Q4_0");
    for (const type of ["q8_0", "f16"] as const) await quantizeModel(blocks, output, type);
    const wrong = { allowRequantize: "yes" } as unknown as QuantizeOptions;
    expect((await rejectionOf(quantizeModel(blocks, output, "q4_0", wrong))).code).toBe("usage");
  });

  it("a GGUF file that config.json has no words for", async () => {
    const refusals: [string, DecoderConfig][] = [
      ["uneven.gguf", { ...llama, qkvBias: true }],
      ["longrope.gguf", { ...llama, position: rotary({ kind: "divisors", divisors: [1, 2, 3, 4, 5] }) }],
    ];
    for (const [name, config] of refusals) {
      writeRandomGguf(file(name), config);
      const error = await rejectionOf(quantizeModel(file(name), file("y"), "f16"));
      expect(error.message).toContain(`${name}: the config.json of llama models has no words for`);
    }
    expect(existsSync(file("y"))).toBe(false);
  });

  it.each<[string, number, readonly FileType[]]>([
    ["NaN", Number.NaN, ["q8_0", "q4_0", "f16", "bf16", "f32"]],
    ["infinite", Number.POSITIVE_INFINITY, ["q8_0", "q4_0", "f16", "bf16", "f32"]],
    ["large", 1e20, ["q8_0", "q4_0", "f16"]],
  ])("a weight that is %s", async (name, value, refusing) => {
    writeRandomDirectory(file(name), { ...gpt2, nEmbd: 64, nHead: 4, nKvHead: 4, headDim: 16 });
    const weight = "h.0.mlp.c_fc.weight";
    await overwriteNumber(file(name), weight, value);
    for (const type of ["q8_0", "q4_0", "f16", "bf16", "f32"] as const) {
      const output = file(`${name}-${type}.gguf`);
      const error = await quantizeModel(file(name), output, type).catch((reason: unknown) => reason);
      expect(existsSync(output)).toBe(!refusing.includes(type));
      if (!refusing.includes(type)) continue;
      const problem = `tensor "${weight}" has a number that ${type.toUpperCase()} cannot hold`;
      expect(error).toMatchObject({ code: "invalid-file", message: expect.stringContaining(problem) });
    }
  });
});

it("refuses options that there are not, and no place to write to", async () => {
  const misspelt = quantizeModel(file("x"), file("x.gguf"), "f16", { thread: 1 } as ConversionOptions);
  expect((await rejectionOf(misspelt)).message).toContain("there is no option 'thread'");
  const nowhere = quantizeModel(file("x"), undefined as never, "f16");
  expect((await rejectionOf(nowhere)).message).toBe("output must be a text, found undefined");
});

describe("progress", () => {
  it("tells all bytes, and an abort leaves nothing behind", async () => {
    writeRandomDirectory(file("progress"), gpt2);
    const told: number[][] = [];
    await quantizeModel(file("progress"), file("done.gguf"), "f16", {
      onProgress: (...bytes) => told.push(bytes),
    });
    const last = told.at(-1);
    expect(last?.[0]).toBe(last?.[1]);
    expect(told.map(([done = 0]) => done)).toEqual(told.map(([done = 0]) => done).sort((a, b) => a - b));
    const controller = new AbortController();
    const aborted = quantizeModel(file("progress"), file("aborted.gguf"), "f16", {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(aborted).rejects.toThrow("aborted");
    expect(existsSync(file("aborted.gguf"))).toBe(false);
  });
});

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readGguf, readGgufEntries } from "../../src/checkpoint/gguf/gguf.ts";
import { writeGguf } from "../../src/checkpoint/gguf/writer.ts";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { Converter } from "../../src/convert/converter.ts";
import { parseModel } from "../../src/families/parse.ts";
import { quantizeModel } from "../../src/index.ts";
import { openWeights } from "../../src/weights/open.ts";
import { writeRandomDirectory, writeRandomGguf } from "../fixtures/random-checkpoint.ts";
import { gpt2, llama, llamaJson, rotary } from "../fixtures/stored-config.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { decoderOf, type UniformConfig } from "../fixtures/uniform.ts";
import { llama3, logitsOf, qwen2, typesOf } from "./converted.ts";

const file = temporaryFolder();

/** The root of the mean squared error, as a share of the values' own. */
function meanError(found: Float32Array, wanted: Float32Array): number {
  const squares = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt(squares(found.map((value, i) => value - (wanted[i] ?? Number.NaN))) / squares(wanted));
}

describe("a directory as a GGUF file in F32", () => {
  it.each<[string, UniformConfig]>([
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
    const description = await parseModel(await openCheckpoint(file(`${name}.gguf`)));
    const rounded = { ...config, normEpsilon: Math.fround(config.normEpsilon) };
    expect(description.config).toEqual(decoderOf(rounded));
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
  const wide: UniformConfig = { ...llama, nEmbd: 64, headDim: 16, nHead: 4, nInner: 90 };

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
  const configs: readonly [string, UniformConfig][] = [
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
    // The head of a file in Q4_0 has more bits.
    if (type === "q8_0")
      expect(await logitsOf(file(name), { quantization: type, threads: 2 })).toEqual(loaded);
    else expect(Object.values(await typesOf(file(`${name}.gguf`)))).toContain("Q8_0");
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
    await using converter = new Converter(openWeights({ threads: 1, simd: "plain" }), {});
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

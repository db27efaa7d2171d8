import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ggufValue } from "../../src/checkpoint/gguf/entries.ts";
import { readGguf, readGgufEntries } from "../../src/checkpoint/gguf/gguf.ts";
import { writeGguf } from "../../src/checkpoint/gguf/writer.ts";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { TensorReader } from "../../src/checkpoint/reader.ts";
import { Converter } from "../../src/convert/converter.ts";
import { parseModel } from "../../src/families/parse.ts";
import { findModel } from "../../src/hub/find-model.ts";
import { type FileType, loadModel, quantizeModel } from "../../src/index.ts";
import { openWeights } from "../../src/weights/open.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { overwriteNumber } from "../fixtures/overwrite-number.ts";
import { writeRandomDirectory } from "../fixtures/random-checkpoint.ts";
import { gpt2, gptJson, llama, llamaJson, rotary } from "../fixtures/stored-config.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { decoderOf, type UniformConfig, uniformOf } from "../fixtures/uniform.ts";
import { llama3, logitsOf, qwen2, typesOf } from "./converted.ts";

const file = temporaryFolder();

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

  it("is refused over another model, which stays as it was", async () => {
    writeRandomDirectory(file("older"), gpt2);
    const contents = () =>
      readdirSync(file("older")).map((name) => [name, readFileSync(file("older", name))]);
    const before = contents();
    expect(await rejectionOf(quantizeModel(file("classifier"), file("older"), "f16"))).toMatchObject({
      code: "usage",
      message: expect.stringContaining("holds config.json already: choose a new or empty directory"),
    });
    expect(contents()).toEqual(before);
  });

  it("leaves no directory where the weights cannot be written", async () => {
    writeRandomDirectory(file("damaged"), gpt2);
    await overwriteNumber(file("damaged"), "ln_f.weight", Number.NaN);
    const error = await rejectionOf(quantizeModel(file("damaged"), file("half", "model"), "f16"));
    expect(error.code).toBe("invalid-file");
    expect(existsSync(file("half"))).toBe(false);
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
  it.each<[string, UniformConfig]>([
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
    const description = await parseModel(await openCheckpoint(file(`between-${name}`)));
    const rounded = { ...config, normEpsilon: Math.fround(config.normEpsilon) };
    expect(description.config).toEqual(decoderOf(rounded));
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
    const wide: UniformConfig = { ...llama, nEmbd: 64, headDim: 16, nHead: 4, nInner: 96 };
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
    const { config } = await parseModel(await openCheckpoint(file("named-again")));
    expect(uniformOf(config).position).toEqual(rotary(llama3));
    expect(await logitsOf(file("named-again"))).toEqual(await logitsOf(file("named-rope")));
  });

  it("keeps the tokenizer, the ends of texts and the template of chats", async () => {
    const directory = findModel();
    await quantizeModel(directory, file("stories.gguf"), "f32");
    const entries = new Map(await readGgufEntries(file("stories.gguf")));
    entries.set("tokenizer.chat_template", ggufValue.string("{{ messages }}"));
    entries.set("tokenizer.ggml.eot_token_id", ggufValue.uint32(5));
    await using converter = new Converter(openWeights({ threads: 1, simd: "plain" }), {});
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
    const { endOfTextIds } = await parseModel(await openCheckpoint(file("chat")));
    expect(endOfTextIds).toEqual([...first.tokenizer.endOfTextIds, 5]);
  });
});

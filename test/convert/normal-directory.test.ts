/** `nf4`: a directory of bitsandbytes, which loads as the model with its matrices in NF4. */
import { readFileSync } from "node:fs";
import { beforeAll, expect, it } from "vitest";
import { readSafetensors } from "../../src/checkpoint/safetensors.ts";
import { quantizeModel } from "../../src/convert/quantize.ts";
import { loadModel } from "../../src/library/load-model.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { writeRandomDirectory } from "../fixtures/random-checkpoint.ts";
import { gpt2, llama } from "../fixtures/stored-config.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const file = temporaryFolder();
const ids = [3, 1, 4, 1, 5];

/** Whole blocks and panels, which memory keeps as NF4. */
const sizes = { nEmbd: 64, nInner: 128, nHead: 4 };

beforeAll(() => {
  writeRandomDirectory(file("llama"), { ...llama, ...sizes, nKvHead: 2, headDim: 16 }, { dtype: "BF16" });
  writeRandomDirectory(file("gpt2"), { ...gpt2, ...sizes, nKvHead: 4, headDim: 16 });
});

async function logitsOf(path: string, quantization?: "nf4"): Promise<Float32Array> {
  await using model = await loadModel(path, { quantization, threads: 2 });
  return await model.createSession().append(ids, { every: true });
}

const cosine = (a: Float32Array, b: Float32Array): number => {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, v, i) => sum + v * (y[i] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};

it.each(["llama", "gpt2"])("writes %s, which loads as NF4", async (name) => {
  await quantizeModel(file(name), file(`${name}-nf4`), "nf4");
  const found = await logitsOf(file(`${name}-nf4`));
  expect(cosine(found, await logitsOf(file(name), "nf4"))).toBeGreaterThan(0.999);
  expect(found).not.toEqual(await logitsOf(file(name)));
  const config = JSON.parse(readFileSync(file(`${name}-nf4`, "config.json"), "utf8"));
  expect(config.quantization_config).toMatchObject({
    quant_method: "bitsandbytes",
    load_in_4bit: true,
    bnb_4bit_quant_type: "nf4",
    bnb_4bit_use_double_quant: true,
    bnb_4bit_compute_dtype: name === "llama" ? "bfloat16" : "float32",
    llm_int8_skip_modules: ["lm_head"],
  });
  const tensors = await readSafetensors(file(`${name}-nf4`, "model.safetensors"));
  const codes = [...tensors.values()].filter(({ shape }) => shape[1] === 1);
  expect(codes).toHaveLength(name === "llama" ? 14 : 8);
  expect(tensors.get("model.norm.weight")?.dtype).toBe(name === "llama" ? "BF16" : undefined);
});

it("writes a GGUF file's model, and refuses GGUF as a target and what is quantized already", async () => {
  await quantizeModel(file("llama"), file("f32.gguf"), "f32");
  await quantizeModel(file("f32.gguf"), file("from-gguf"), "nf4");
  const direct = file("direct");
  await quantizeModel(file("llama"), direct, "nf4");
  expect(cosine(await logitsOf(file("from-gguf")), await logitsOf(direct))).toBeGreaterThan(0.9999);
  const refused = (path: string, output: string) => rejectionOf(quantizeModel(path, output, "nf4"));
  expect((await refused(file("llama"), file("x.gguf"))).message).toContain("NF4 is for directories");
  expect((await refused(direct, file("twice"))).message).toContain("is quantized already, to 4 bits");
  await quantizeModel(file("llama"), file("q8.gguf"), "q8_0");
  expect((await refused(file("q8.gguf"), file("twice"))).message).toContain("is quantized already, to Q8_0");
  await quantizeModel(file("q8.gguf"), file("allowed"), "nf4", { allowRequantize: true });
  expect(cosine(await logitsOf(file("allowed")), await logitsOf(direct))).toBeGreaterThan(0.99);
});

it("writes floats from NF4 without a word of it", async () => {
  await quantizeModel(file("gpt2"), file("coded"), "nf4");
  await quantizeModel(file("coded"), file("floats"), "f32");
  const config = JSON.parse(readFileSync(file("floats", "config.json"), "utf8"));
  expect(config.quantization_config).toBeUndefined();
  expect(cosine(await logitsOf(file("floats")), await logitsOf(file("coded")))).toBeGreaterThan(0.99999);
});

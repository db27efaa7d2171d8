import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  type ConversionOptions,
  type FileType,
  type QuantizeOptions,
  quantizeModel,
} from "../../src/index.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { overwriteNumber } from "../fixtures/overwrite-number.ts";
import { writeRandomDirectory, writeRandomGguf } from "../fixtures/random-checkpoint.ts";
import { gpt2, llama, openAiGpt, rotary } from "../fixtures/stored-config.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import type { UniformConfig } from "../fixtures/uniform.ts";
import { typesOf } from "./converted.ts";

const file = temporaryFolder();

describe("what is refused", () => {
  it.each<[string, UniformConfig, string, FileType, string]>([
    ["gpt1", openAiGpt, "x.gguf", "f16", "gpt1: GGUF has no architecture for openai-gpt models"],
    ["sinus", { ...gpt2, position: { kind: "sinusoidal" } }, "x.gguf", "f16", "for sinusoidal positions"],
    ["silu", { ...gpt2, activation: "silu" }, "x.gguf", "f16", "for a gpt2 with SiLU"],
    ["blocks", gpt2, "x", "q8_0", "Q8_0 is for GGUF: write to a path that ends in .gguf"],
    ["same", gpt2, "same", "f16", "is what is read"],
    ["odd", gpt2, "x.gguf", "q7_k" as FileType, "expected one of q8_0, q6_k, q5_k_m, q5_k_s"],
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
    const refusals: [string, UniformConfig][] = [
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

import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/files/json.ts";
import { weightTable } from "../../src/model/weights.ts";
import * as configs from "../fixtures/configs.ts";
import { configOf } from "./config-json.ts";

async function parametersOf(config: JsonObject): Promise<number> {
  const sizes = weightTable(await configOf(config)).map(
    ({ shape: [outputs, inputs = 1] }) => outputs * inputs,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

describe("public models have as many parameters as published", () => {
  const { gpt2 } = configs;
  it.each([
    ["GPT-1", configs.openaiGpt, 116_534_784],
    ["GPT-2 124M", gpt2, 124_439_808],
    ["GPT-2 355M", { ...gpt2, n_embd: 1024, n_layer: 24, n_head: 16 }, 354_823_168],
    ["GPT-2 774M", { ...gpt2, n_embd: 1280, n_layer: 36, n_head: 20 }, 774_030_080],
    ["GPT-2 1.5B", { ...gpt2, n_embd: 1600, n_layer: 48, n_head: 25 }, 1_557_611_200],
    ["GPT-3 175B", configs.gpt3, 174_604_259_328],
    ["Cerebras-GPT 111M", configs.cerebras111m, 111_050_496],
    ["Llama 3.2 1B", configs.llama32, 1_235_814_400],
    ["TinyLlama 1.1B", configs.tinyLlama, 1_100_048_384],
    ["SmolLM2 135M", configs.smolLm2, 134_515_008],
    ["Mistral 7B", configs.mistral7b, 7_241_732_096],
    ["Qwen2.5 0.5B", configs.qwen25, 494_032_768],
    ["Qwen3 0.6B", configs.qwen3, 596_049_920],
  ])("%s", async (_name, config, parameters) => {
    expect(await parametersOf(config)).toBe(parameters);
  });

  it("GPT-3's token embedding alone has 617,558,016", async () => {
    const [embedding] = weightTable(await configOf(configs.gpt3));
    expect(embedding).toMatchObject({ name: "token_embedding.weight", shape: [50257, 12288] });
    expect(50257 * 12288).toBe(617_558_016);
  });
});

import { describe, expect, it } from "vitest";
import { parseModel } from "../../src/families/parse.ts";
import * as configs from "../fixtures/configs.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { checkpointOf, uniformConfigOf } from "./config-json.ts";

describe("the family", () => {
  it("is found by architectures where model_type is missing", async () => {
    const { model_type, ...config } = configs.qwen3;
    expect(await uniformConfigOf(config)).toMatchObject({ family: model_type });
  });

  it("is GPT-1 or GPT-2 where only their words are there", async () => {
    const sizes = { n_layer: 2, n_head: 4, n_embd: 48 };
    expect(await uniformConfigOf(sizes)).toMatchObject({ family: "gpt2" });
    expect(await uniformConfigOf({ ...sizes, afn: "gelu" })).toMatchObject({ family: "openai-gpt" });
  });

  it.each([
    [{ model_type: "mamba" }, /model_type is "mamba", expected one of openai-gpt, gpt2, llama/],
    [{ model_type: "qwen9" }, /model_type is "qwen9", which is not supported: the nearest are qwen2, qwen3/],
    [{ model_type: "constructor" }, /model_type is "constructor"/],
    [{ model_type: 3 }, /model_type is 3/],
    [{ architectures: ["ElectraModel"] }, /architectures is \["ElectraModel"\].*expected one of/],
    [{ hidden_size: 64 }, /model_type is missing, expected one of/],
    [{ model_type: "a\nb\u001b[31m" }, /model_type is "a\\nb\\u001b\[31m"/],
  ])("is refused: %j", async (config, message) => {
    expect((await rejectionOf(parseModel(checkpointOf(config)))).message).toMatch(message);
  });
});

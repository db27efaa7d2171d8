import { describe, expect, it } from "vitest";
import { parseModel } from "../../src/families/parse.ts";
import type { JsonObject } from "../../src/files/json.ts";
import * as configs from "../fixtures/configs.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import type { GgufMetadataToWrite } from "../fixtures/gguf-writer.ts";
import { checkpointOf } from "./config-json.ts";
import { ggufReader, metadataOf, rms } from "./gguf-metadata.ts";

const { parse } = ggufReader();

describe("ids that begin and end a text, of a directory", () => {
  const ids = async (config: JsonObject, generation: JsonObject = {}) => {
    const { bosId, endOfTextIds } = await parseModel(
      checkpointOf({ ...configs.gpt2, ...config }, generation),
    );
    return [bosId, endOfTextIds];
  };
  const none = { bos_token_id: undefined, eos_token_id: undefined };

  it("come from generation_config.json first, then from config.json", async () => {
    expect(await ids({})).toEqual([50256, [50256]]);
    expect(await ids({}, { eos_token_id: [5, 7] })).toEqual([50256, [5, 7]]);
    expect(await ids({ eos_token_id: [1, 2] }, { bos_token_id: 3 })).toEqual([3, [1, 2]]);
    expect(await ids({ eos_token_id: 0 })).toEqual([50256, [0]]);
  });

  it("are none where neither names them", async () => {
    expect(await ids(none)).toEqual([undefined, []]);
    expect(await ids({ bos_token_id: null, eos_token_id: null })).toEqual([undefined, []]);
  });

  it("are none where they are -1", async () => {
    expect(await ids({ bos_token_id: -1, eos_token_id: -1 })).toEqual([undefined, []]);
    expect(await ids({ eos_token_id: [-1, 2] }, { bos_token_id: -1 })).toEqual([undefined, [2]]);
  });

  it("are none where GPT-2's own stands in the config of a smaller vocabulary", async () => {
    expect(await ids({ vocab_size: 1000 })).toEqual([undefined, []]);
  });

  it.each([
    ["bos_token_id", -2],
    ["eos_token_id", [9, 50257]],
  ])("are refused where the vocabulary does not have them: %s %j", async (name, value) => {
    const error = await rejectionOf(parseModel(checkpointOf({ ...configs.gpt2, [name]: value })));
    expect(error.code).toBe("invalid-file");
    expect(error.message).toMatch(
      `config.json: ${name} is ${JSON.stringify(value)}, expected token ids from 0 to 50256`,
    );
  });

  it("are refused where they are no ids", async () => {
    const error = await rejectionOf(parseModel(checkpointOf(configs.gpt2, { eos_token_id: "</s>" })));
    expect(error.message).toMatch(/generation_config\.json: eos_token_id is "<\/s>", expected a token id/);
  });
});

describe("ids that begin and end a text, of a GGUF file", () => {
  const ids = async (values: GgufMetadataToWrite) => {
    const { bosId, endOfTextIds } = await parse({ ...metadataOf("llama", rms), ...values });
    return [bosId, endOfTextIds];
  };

  it("are those the metadata names, and tokens known by their text", async () => {
    expect(await ids({ "tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.eos_token_id": 2 })).toEqual([
      1,
      [2, 5],
    ]);
    expect(
      await ids({
        "tokenizer.ggml.eos_token_id": 5,
        "tokenizer.ggml.eot_token_id": 3,
        "tokenizer.ggml.eom_token_id": 4,
      }),
    ).toEqual([undefined, [5, 3, 4]]);
    expect(await ids({ "tokenizer.ggml.eos_token_id": 4294967295 })).toEqual([undefined, [5]]);
    expect(await ids({ "tokenizer.ggml.tokens": ["a", "b"] })).toEqual([undefined, []]);
  });
});

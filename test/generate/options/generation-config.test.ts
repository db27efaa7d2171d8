import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "../../../src/files/json.ts";
import { ofDirectory, readDirectory, refusalOf } from "./read-config.ts";

const defaultsOf = (fields: JsonObject) => ofDirectory(fields).defaults;

describe("generation_config.json", () => {
  it("translates every field that an option stands for", () => {
    const fields = {
      do_sample: true,
      temperature: 0.6,
      top_k: 20,
      top_p: 0.9,
      min_p: 0.1,
      typical_p: 0.8,
      no_repeat_ngram_size: 3,
      max_new_tokens: 512,
      max_time: 1.5,
      length_penalty: -0.5,
      early_stopping: "never",
      prompt_lookup_num_tokens: 3,
      min_new_tokens: 4,
      stop_strings: ["END", "\n\n"],
    };
    expect(ofDirectory(fields)).toEqual({
      defaults: {
        temperature: 0.6,
        topK: 20,
        topP: 0.9,
        minP: 0.1,
        typicalP: 0.8,
        noRepeatNgramSize: 3,
        maxTokens: 512,
        maxTime: 1.5,
        lengthPenalty: -0.5,
        earlyStopping: "never",
        lookup: 3,
        minTokens: 4,
        stop: ["END", "\n\n"],
      },
      unsupported: [],
      endOfTextIds: [],
    });
  });

  it("is empty where nothing is said, nothing but null, or nothing but our defaults", () => {
    const nothing = { defaults: {}, unsupported: [], endOfTextIds: [] };
    expect(ofDirectory({})).toEqual(nothing);
    expect(ofDirectory({ temperature: null, penalty_alpha: null, stop_strings: null })).toEqual(nothing);
    const same = {
      do_sample: true,
      temperature: 0.8,
      top_k: 40,
      top_p: 0.95,
      num_beams: 1,
      length_penalty: 1,
    };
    expect(ofDirectory(same)).toEqual(nothing);
    const elsewhere = {
      eos_token_id: [0],
      bos_token_id: 0,
      pad_token_id: 5,
      transformers_version: "4.55.0",
    };
    expect(ofDirectory({ ...elsewhere, _from_model_config: true, use_cache: false })).toEqual(nothing);
  });

  it("names the tokens that end a text where no other file does", () => {
    const endsOf = (eos: JsonValue, config: JsonObject = {}) =>
      ofDirectory({ eos_token_id: eos }, true, config).endOfTextIds;
    expect(endsOf([0, 47])).toEqual([0, 47]);
    expect(endsOf(47)).toEqual([47]);
    expect(endsOf([47, 0, 100], { eos_token_id: 47 })).toEqual([]); // the model has no token 100
    expect(endsOf(0, { eos_token_id: 47 })).toEqual([0]); // 47 ends it no more
    expect(endsOf(null, { eos_token_id: 47 })).toEqual([]);
    expect(ofDirectory({ eos_token_id: 0 }, false).endOfTextIds).toEqual([0]);
  });

  it("takes do_sample false, if it says so, for temperature 0", () => {
    expect(defaultsOf({ do_sample: false, temperature: 0.7, top_k: 5 })).toEqual({ temperature: 0, topK: 5 });
    expect(defaultsOf({ temperature: 0.7 })).toEqual({ temperature: 0.7 });
    expect(defaultsOf({ do_sample: true, temperature: 0.7 })).toEqual({ temperature: 0.7 });
  });

  it("searches with beams, but not while it draws", () => {
    expect(ofDirectory({ num_beams: 4, early_stopping: true })).toEqual({
      defaults: { beams: 4, earlyStopping: true },
      unsupported: [],
      endOfTextIds: [],
    });
    expect(defaultsOf({ num_beams: 4, do_sample: false })).toEqual({ temperature: 0, beams: 4 });
    expect(ofDirectory({ num_beams: 4, do_sample: true })).toEqual({
      defaults: {},
      unsupported: ["num_beams"],
      endOfTextIds: [],
    });
  });

  it("penalizes repetition in the whole text, as is meant there", () => {
    expect(defaultsOf({ repetition_penalty: 1.05 })).toEqual({ repeatPenalty: 1.05, repeatLastN: -1 });
    expect(defaultsOf({ repetition_penalty: 1 })).toEqual({});
  });

  it("bans suppressed tokens and bad words of one token, as far as the vocabulary goes", () => {
    const fields = { suppress_tokens: [7, 100, -1], bad_words_ids: [[9], [200]] };
    const bans = new Map([
      [7, -Infinity],
      [9, -Infinity],
    ]);
    expect(ofDirectory(fields)).toEqual({ defaults: { logitBias: bans }, unsupported: [], endOfTextIds: [] });
    expect(ofDirectory({ bad_words_ids: [[1], [2, 3]] })).toEqual({
      defaults: { logitBias: new Map([[1, -Infinity]]) },
      unsupported: ["bad_words_ids"],
      endOfTextIds: [],
    });
  });

  it("takes one stop text as well as a list, and none without a tokenizer", () => {
    expect(defaultsOf({ stop_strings: "END" })).toEqual({ stop: ["END"] });
    expect(defaultsOf({ stop_strings: [] })).toEqual({});
    const { defaults, unsupported } = ofDirectory({ stop_strings: "END" }, false);
    expect(defaults).toEqual({});
    expect(unsupported).toEqual(["stop_strings"]);
  });

  it("names what would act and is not implemented", () => {
    const acting = {
      penalty_alpha: 0.6,
      num_beam_groups: 2,
      guidance_scale: 1.5,
      min_length: 5,
      begin_suppress_tokens: [3],
      sequence_bias: [[[1, 2], -5]],
      forced_decoder_ids: [[1, 2]],
      watermarking_config: { bias: 2 },
    };
    expect(ofDirectory(acting).unsupported.toSorted()).toEqual(Object.keys(acting).toSorted());
    const harmless = {
      penalty_alpha: 0,
      num_beam_groups: 1,
      diversity_penalty: 0,
      guidance_scale: 1,
      min_length: 0,
      begin_suppress_tokens: [],
      sequence_bias: {},
      renormalize_logits: false,
      encoder_repetition_penalty: 1,
    };
    expect(ofDirectory(harmless).unsupported).toEqual([]);
  });

  it("names a max_length below the model's own that nothing overrides", () => {
    expect(ofDirectory({ max_length: 100 }).unsupported).toEqual(["max_length"]);
    expect(ofDirectory({ max_length: 1024 }).unsupported).toEqual([]);
    expect(ofDirectory({ max_length: 100, max_new_tokens: 50 }).unsupported).toEqual([]);
  });

  it.each<[JsonObject, string]>([
    [{ temperature: "hot" }, 'temperature is "hot", expected a number from 0'],
    [{ temperature: -1 }, "temperature is -1, expected a number from 0"],
    [{ top_p: -1 }, "top_p is -1, expected a number from 0 to 1"],
    [{ top_k: 2.5 }, "top_k is 2.5, expected a whole number from 0"],
    [{ num_beams: 1000 }, "num_beams is 1000, expected a whole number from 1 to 64"],
    [{ max_new_tokens: -3 }, "max_new_tokens is -3, expected a whole number from 0"],
    [{ early_stopping: "maybe" }, "early_stopping is \"maybe\", expected true or false or 'never'"],
    [{ do_sample: "yes" }, 'do_sample is "yes", expected true or false'],
    [{ stop_strings: ["ok", ""] }, 'stop_strings is ["ok",""], expected a text or a list of texts'],
    [{ stop_strings: 3 }, "stop_strings is 3, expected a text or a list of texts"],
    [{ bad_words_ids: [3] }, "bad_words_ids is [3], expected a list of lists of token ids"],
    [{ bad_words_ids: [[]] }, "bad_words_ids is [[]], expected a list of lists"],
    [{ suppress_tokens: ["a"] }, 'suppress_tokens is ["a"], expected a token id or a list of them'],
    [{ max_length: {} }, "max_length is {}, expected a whole number"],
  ])("refuses %j with file and field", (fields, message) => {
    expect(refusalOf(() => ofDirectory(fields))).toContain(`models/x/generation_config.json: ${message}`);
  });
});

it("says which option a value that cannot be used stands for", () => {
  const fields = {
    top_p: 3,
    do_sample: "yes",
    max_length: -1,
    stop_strings: 3,
    bad_words_ids: [3],
    top_k: 5,
  };
  const { unusable, defaults } = readDirectory(fields);
  expect([...unusable.keys()]).toEqual(["topP", "temperature", "maxTokens", "logitBias", "stop"]);
  expect(defaults).toEqual({ topK: 5 });
});

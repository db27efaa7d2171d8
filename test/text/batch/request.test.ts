import { describe, expect, it } from "vitest";
import { readParameters } from "../../../src/cli/verbs/generate/batch/parameters.ts";
import type { JsonValue } from "../../../src/files/json.ts";
import { identification, parseLine, readRequest } from "../../../src/text/batch/request.ts";

const read = (line: string) => readRequest(parseLine(line), readParameters);
const options = (parameters: string) => read(`{"prompt": "Once", ${parameters}}`).options;

describe("parseLine", () => {
  it("takes a JSON object and nothing else", () => {
    expect(parseLine(' {"prompt": "Once"} ')).toEqual({ prompt: "Once" });
    for (const [line, found] of [
      ["", "an empty line"],
      [" \t", "an empty line"],
      ['{"prompt": ', '"{\\"prompt\\": "'],
      ["[1, 2]", '"[1, 2]"'],
      ["null", '"null"'],
      ['"Once"', '"\\"Once\\""'],
    ] as const) {
      expect(() => parseLine(line)).toThrow(`a JSON object such as {"prompt": "Once"}, found ${found}`);
    }
  });

  it("refuses lists in lists in lists", () => {
    const nested = (levels: number) => `{"id": ${"[".repeat(levels)}${"]".repeat(levels)}}`;
    expect(parseLine(nested(30))).toHaveProperty("id");
    expect(() => parseLine(nested(100))).toThrow("at most 32 levels");
    expect(() => parseLine(nested(1_000_000))).toThrow("at most 32 levels");
  });
});

describe("identification", () => {
  it("keeps any value that comes back as it was", () => {
    const values: JsonValue[] = ["a", 7, -0.5, null, false, { userName: [1, "x"] }, [], 2 ** 53 - 1];
    for (const id of values) expect(identification({ id, prompt: "x" })).toEqual({ id });
    expect(identification({ prompt: "x" })).toEqual({});
  });

  it("refuses a number that would not", () => {
    for (const id of ["12345678901234567890", "1e400", "-1e400", '{"a": [9007199254740993]}']) {
      expect(() => identification(parseLine(`{"id": ${id}}`))).toThrow("put it in quotes");
    }
  });
});

describe("readRequest", () => {
  it("takes a text or ids", () => {
    expect(read('{"prompt": "", "id": 1}')).toEqual({ prompt: "", options: {} });
    expect(read('{"ids": [1, 2]}')).toEqual({ prompt: [1, 2], options: {} });
    for (const [line, message] of [
      ["{}", 'needs "prompt", a text, or "ids"'],
      ['{"prompt": "x", "ids": [1]}', "prompt or ids, not both"],
      ['{"prompt": ["x"]}', 'prompt: expected a text, found ["x"]'],
      ['{"prompt": null}', "prompt: expected a text, found null"],
      ['{"ids": "1,2"}', 'ids: expected a list of token ids, found "1,2"'],
      ['{"ids": [1, -2]}', "ids: expected a list of token ids, found [1,-2]"],
      ['{"ids": [1.5]}', "ids: expected a list of token ids, found [1.5]"],
    ] as const) {
      expect(() => read(line)).toThrow(message);
    }
  });

  it("takes every parameter under the names of its flag", () => {
    expect(options('"max_tokens": 5, "temp": 0, "top-k": 3, "logprobs": 2, "seed": 9')).toEqual({
      maxTokens: 5,
      temperature: 0,
      topK: 3,
      logprobs: 2,
      seed: 9,
    });
    expect(options('"max_new_tokens": 5, "temperature": 0.5, "typical_p": 0.9')).toEqual({
      maxTokens: 5,
      temperature: 0.5,
      typicalP: 0.9,
    });
    expect(options('"beams": 2, "early_stopping": "never", "ignore_eos": true, "overflow": "shift"')).toEqual(
      {
        beams: 2,
        earlyStopping: "never",
        ignoreEos: true,
        overflow: "shift",
      },
    );
  });

  it("takes lists as lists, and one text for a list of one", () => {
    expect(options('"stop": "5", "ban": ["a", "b"]')).toEqual({ stop: ["5"], ban: ["a", "b"] });
  });

  it("takes a time as seconds or with its unit", () => {
    expect(options('"max_time": 1.5')).toEqual({ maxTime: 1.5 });
    expect(options('"max_time": "2m"')).toEqual({ maxTime: 120 });
  });

  it("takes biases by id or as the flag has them", () => {
    const logitBias = new Map([
      [5, 1.5],
      [11, Number.NEGATIVE_INFINITY],
    ]);
    expect(options('"logit_bias": {"5": 1.5, "11": "-inf"}')).toEqual({ logitBias });
    expect(options('"logit_bias": ["5+1.5", "11-inf"]')).toEqual({ logitBias });
    expect(() => options('"logit_bias": {"x": 1}')).toThrow(
      'logit_bias: expected token ids as keys, found "x"',
    );
    expect(() => options('"logit_bias": {"5": "1"}')).toThrow(
      'logit_bias: expected numbers or "-inf", found "1"',
    );
    expect(() => options('"logit_bias": 5')).toThrow("logit_bias: expected an object such as");
  });

  it("refuses values of another type or out of range, and names the key", () => {
    for (const [parameters, message] of [
      ['"temp": "0.7"', 'temp: expected 0.7 without quotes, found "0.7"'],
      ['"temp": "warm"', 'temp: expected a number, found "warm"'],
      ['"temp": null', "temp: expected a number from 0, found"],
      ['"temp": [0]', "temp: expected a number from 0, found"],
      ['"max_time": "30"', 'max_time: expected 30 without quotes, found "30"'],
      ['"early_stopping": "true"', 'early_stopping: expected true without quotes, found "true"'],
      ['"ignore_eos": "true"', "ignore_eos: expected true or false, found"],
      ['"ignore_eos": 1', "ignore_eos: expected true or false, found"],
      ['"top_p": 2', "top_p: expected a number from 0 to 1, found 2"],
      ['"top_k": 1.5', "top_k: expected a whole number from 0, found 1.5"],
      ['"stop": 5', "stop: expected a list of texts"],
      ['"stop": ["a", ""]', "stop: expected a list of texts"],
      ['"overflow": "drop"', "overflow: expected error, truncate-left, shift"],
    ] as const) {
      expect(() => options(parameters)).toThrow(message);
    }
  });

  it("refuses unknown keys with a suggestion, and two keys for one parameter", () => {
    expect(() => options('"temprature": 1')).toThrow('unknown key "temprature": did you mean temperature?');
    expect(() => options('"n": 1')).toThrow('unknown key "n": did you mean max_tokens?');
    expect(() => options('"text": "Once"')).toThrow('unknown key "text": a line has id, prompt or ids');
    expect(() => options('"constructor": 1')).toThrow('unknown key "constructor"');
    expect(() => options('"__proto__": {}')).toThrow('unknown key "__proto__"');
    expect(() => options('"temp": 1, "temperature": 1')).toThrow("temperature: the line has another key");
  });
});

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readParameters } from "../../../src/cli/verbs/generate/batch/parameters.ts";
import { SessionPool } from "../../../src/engine/session-pool.ts";
import type { JsonObject } from "../../../src/files/json.ts";
import type { Line } from "../../../src/files/lines.ts";
import type { GenerateOptions } from "../../../src/generate/options/options.ts";
import type { OptionLayers } from "../../../src/generate/options/resolve-options.ts";
import type { LanguageModel } from "../../../src/library/language-model.ts";
import { loadModel } from "../../../src/library/load-model.ts";
import { Answerer, type AnswerSettings } from "../../../src/text/batch/answer.ts";
import { parseLine } from "../../../src/text/batch/request.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { writeZeroGpt2 } from "../../fixtures/zero-gpt2.ts";

const folder = temporaryFolder();
const sizes = { n_layer: 1, n_head: 1, n_embd: 8, n_positions: 16, vocab_size: 50 };

const line = (text: string | Buffer): Line => {
  const bytes = Buffer.from(text);
  return { bytes, size: bytes.length + 1, ended: true };
};

describe("Answerer", () => {
  let model: LanguageModel;
  beforeAll(async () => {
    model = await loadModel(writeZeroGpt2(folder("zero"), sizes), { threads: 1, simd: "plain" });
  });
  afterAll(() => model.close());

  const ranked =
    (layers: OptionLayers): AnswerSettings["resolve"] =>
    (own) =>
      model.resolveOptions({ ...layers, typed: { ...layers.typed, ...own } }).options;

  const answerer = (settings: Partial<AnswerSettings> = {}) => {
    const loaded = { model, name: "zero", loadMs: 1 };
    return new Answerer(loaded, new SessionPool(model, 3), {
      parse: parseLine,
      readOptions: readParameters,
      resolve: ranked({ typed: { maxTokens: 2, seed: 5 } }),
      echo: false,
      ...settings,
    });
  };
  const answers = async (by: Answerer, ...texts: string[]): Promise<Record<string, unknown>[]> => {
    const results: Record<string, unknown>[] = [];
    for (const text of texts) {
      const { json, sample } = await by.answer(line(text));
      expect(json.indexOf("\n")).toBe(json.length - 1);
      const result = JSON.parse(json);
      expect("error" in result).toBe(sample === undefined);
      results.push(result);
    }
    return results;
  };

  it("knows the lines whose results they are, by their ids and prompts", async () => {
    const by = answerer();
    const named = '{"id":"a","ids":[1]}';
    const [result = {}, unnamed = {}, error = {}] = await answers(by, named, '{"ids":[3]}', "{}");
    const isOf = (result: Record<string, unknown>, text: string) =>
      by.difference(result as JsonObject, line(text)) === undefined;
    expect([isOf(result, named), isOf(unnamed, '{"ids":[3]}'), isOf(error, "{}")]).toEqual([
      true,
      true,
      true,
    ]);
    for (const other of ['{"id":"b","ids":[1]}', '{"ids":[1]}', '{"id":"a","ids":[2]}', '{"id":"a"}', "{}"]) {
      expect(isOf(result, other), other).toBe(false);
    }
    for (const other of [named, '{"ids":[4]}', "{}"]) expect(isOf(unnamed, other), other).toBe(false);
    expect(isOf(error, '{"id":"c"}')).toBe(false);
  });

  it("tells results of another seed or of other settings, if they have a fingerprint", async () => {
    const settings = (typed: GenerateOptions, shared?: object) =>
      answerer({ resolve: ranked({ typed }), shared });
    const typed = { maxTokens: 2, seed: 5, topK: 3 };
    const text = '{"ids":[1]}';
    const [marked = {}] = await answers(settings(typed, { quantization: "q8_0" }), text);
    const { settings: fingerprint, ...old } = marked;
    expect(fingerprint).toMatch(/^[0-9a-f]{12}$/);
    const differences = [
      settings(typed, { quantization: "q8_0" }),
      settings({ ...typed, lookup: 3 }, { quantization: "q8_0" }), // the text is the same
      settings({ ...typed, temperature: 0.8 }, { quantization: "q8_0" }), // the default
      settings({ ...typed, seed: 6 }, { quantization: "q8_0" }),
      settings({ ...typed, topK: 4 }, { quantization: "q8_0" }),
      settings({ maxTokens: 2, topK: 3 }, { quantization: "q8_0" }),
      settings(typed, {}),
      settings(typed),
    ].map((by) => [marked, old].map((result) => by.difference(result as JsonObject, line(text))));
    expect(differences).toEqual([
      [undefined, undefined],
      [undefined, undefined],
      [undefined, undefined],
      ["seed", "seed"],
      ["settings", undefined],
      ["settings", undefined],
      ["settings", undefined],
      [undefined, undefined],
    ]);
  });

  it("writes a record without times, the id first", async () => {
    const [result] = await answers(answerer(), '{"ids": [1, 2], "id": {"userName": 1}}');
    expect(result).toEqual({
      id: { userName: 1 },
      text: null,
      ids: [expect.any(Number), expect.any(Number)],
      prompt_ids: [1, 2],
      finish_reason: "length",
      seed: 5,
      dropped_tokens: 0,
      simd: "plain",
      model: "zero",
    });
    expect(Object.keys(result ?? {})[0]).toBe("id");
  });

  it("gives what the prompt gives alone, whatever came before", async () => {
    const prompts = ['{"ids": [1, 2, 3]}', '{"ids": [1, 2]}', '{"ids": [9]}', '{"ids": [1, 2, 3]}'];
    const together = await answers(answerer(), ...prompts);
    const alone = await Promise.all(prompts.map(async (prompt) => (await answers(answerer(), prompt))[0]));
    expect(together).toEqual(alone);
    const by = answerer();
    const atOnce = await Promise.all(prompts.map(async (prompt) => (await answers(by, prompt))[0]));
    expect(atOnce).toEqual(alone);
  });

  it("lets a line's values go over the command line's", async () => {
    const results = await answers(
      answerer(),
      '{"ids": [1], "max_tokens": 3, "seed": 6}',
      '{"ids": [1]}',
      '{"ids": [1], "n_predict": 0}',
    );
    expect(results.map(({ ids }) => (ids as number[]).length)).toEqual([3, 2, 0]);
    expect(results.map(({ seed }) => seed)).toEqual([6, 5, 5]);
  });

  it("draws a seed for each line where none is given", async () => {
    const results = await answers(
      answerer({ resolve: ranked({ typed: { maxTokens: 1 } }) }),
      '{"ids": [1]}',
      '{"ids": [1]}',
    );
    expect(new Set(results.map(({ seed }) => seed)).size).toBe(2);
  });

  it("lets inherited options give way to what a line says", async () => {
    const inherited = { temperature: 0.5, beams: 3, logprobs: 1 };
    const by = answerer({ resolve: ranked({ typed: { maxTokens: 2 }, environment: inherited }) });
    const [searched, drawn] = await answers(by, '{"ids": [1]}', '{"ids": [1], "temp": 0.7}');
    expect(searched).toHaveProperty("score");
    expect(drawn).not.toHaveProperty("score");
    expect(drawn).toHaveProperty("logprobs");
    const [refused] = await answers(by, '{"ids": [1], "beams": 2, "top_k": 3}');
    expect(refused).toMatchObject({ error: { message: expect.stringMatching(/^top_k 3 does not go with/) } });
  });

  it("answers a wrong line with its error, and goes on", async () => {
    const by = answerer();
    const long = JSON.stringify({ id: "long", ids: new Array(17).fill(1) });
    const [unknown, alien, text, tooLong, empty, good] = await answers(
      by,
      '{"ids": [1], "id": 3, "top": 1}',
      '{"ids": [50]}',
      '{"prompt": "Once"}',
      long,
      "",
      '{"ids": [1]}',
    );
    expect(unknown).toEqual({
      id: 3,
      error: { code: "usage", message: expect.stringContaining('key "top"') },
    });
    expect(alien).toMatchObject({ error: { code: "usage", message: expect.stringContaining("50") } });
    expect(text).toMatchObject({ error: { code: "not-found" } });
    expect(tooLong).toMatchObject({ id: "long", error: { code: "resource" } });
    expect(empty).toMatchObject({ error: { code: "usage" } });
    expect(good).toMatchObject({ finish_reason: "length" });
    expect(JSON.parse((await by.answer(line(Buffer.from([0xff])))).json)).toMatchObject({
      error: { code: "invalid-file" },
    });
  });

  it("echoes the prompt, with its log-probabilities where a line asks for them", async () => {
    const { json, sample } = await answerer({ echo: true }).answer(line('{"ids": [1, 2], "logprobs": 1}'));
    expect(sample?.text).toMatch(/^1\n2\n\d+\n\d+\n$/);
    expect(JSON.parse(json)).toMatchObject({ prompt_logprobs: [null, { id: 2 }] });
  });

  it("has no answer where it is interrupted, and none for an error that is no fault of the line", async () => {
    const controller = new AbortController();
    controller.abort();
    const interrupted = answerer({ signal: controller.signal });
    await expect(interrupted.answer(line('{"ids": [1]}'))).rejects.toThrow(controller.signal.reason);
    const broken = answerer({
      parse: () => {
        throw new TypeError("a bug");
      },
    });
    await expect(broken.answer(line("{}"))).rejects.toThrow("a bug");
  });
});

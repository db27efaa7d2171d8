import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SessionPool } from "../../../src/engine/session-pool.ts";
import { type LanguageModel, loadModel } from "../../../src/index.ts";
import { sampleRecord } from "../../../src/text/samples/record.ts";
import { RunningSample } from "../../../src/text/samples/running-sample.ts";
import {
  drawing,
  type SampleRequest,
  sampleRequests,
  takeSample,
  textOfPrompt,
} from "../../../src/text/samples/sample.ts";

let model: LanguageModel;
beforeAll(async () => {
  model = await loadModel(undefined, { simd: "plain" });
});
afterAll(() => model.close());

const request = (text: string, options: SampleRequest["options"]): SampleRequest => ({
  promptIds: model.promptIds(text),
  options,
});

describe("takeSample", () => {
  it("hands on what it returns, the prompt first where it is echoed", async () => {
    const heard: string[] = [];
    const ids: (number | undefined)[] = [];
    const sample = await takeSample(
      model,
      { ...request("Once upon", { temperature: 0, maxTokens: 6 }), echo: "Once upon" },
      async (text, token) => {
        heard.push(text);
        ids.push(token?.id);
      },
    );
    expect(heard.join("")).toBe(sample.text);
    expect(sample.text).toMatch(/^Once upon a time, /);
    expect(ids).toEqual([undefined, ...sample.ids]);
    expect(sample).toMatchObject({ finishReason: "length", droppedTokens: 0 });
    expect(sample).not.toHaveProperty("logprobs");
  });
});

describe("sampleRequests", () => {
  const options = { seed: 2 ** 32 - 1, maxTokens: 12 };
  const requests = async (count: number, of = request("One day", options)) => {
    const all: SampleRequest[] = [];
    for await (const next of sampleRequests(of, count)) all.push(next);
    return all;
  };

  it("counts the seeds up, past the end", async () => {
    const seeds = (await requests(3)).map(({ options }) => options.seed);
    expect(seeds).toEqual([2 ** 32 - 1, 0, 1]);
    expect(await requests(1, request("One", {}))).toEqual([request("One", {})]);
  });

  it("run together on forks of the first one's session, and give what each gives alone", async () => {
    const pool = new SessionPool(model, 2);
    const all = await requests(4);
    const running = all.map((next) => new RunningSample(model, pool, { ...next, echo: "One day" }));
    for (const [i, { pieces, sample }] of running.entries()) {
      const texts: string[] = [];
      for await (const [text] of pieces) texts.push(text);
      const { text, ids, reusedTokens, promptIds } = await sample;
      expect(texts.join("")).toBe(text);
      expect(ids).toEqual((await takeSample(model, all[i] as SampleRequest)).ids);
      expect(reusedTokens).toBe(i === 0 ? 0 : promptIds.length - 1);
    }
    expect(running.map(({ tokens }) => tokens)).toEqual([12, 12, 12, 12]);
  });

  it("tell the share of the prompt that is read", async () => {
    const pool = new SessionPool(model, 1);
    const promptIds = new Array<number>(200).fill(426);
    const running = new RunningSample(model, pool, { promptIds, options: { maxTokens: 1 } });
    expect(running.readShare).toBe(0);
    for await (const _ of running.pieces) expect(running.readShare).toBe(1);
    await running.sample;
  });

  it("end where they fail", async () => {
    const pool = new SessionPool(model, 2);
    const tooLong = { promptIds: new Array(1000).fill(1), options: {} };
    const { pieces, sample } = new RunningSample(model, pool, tooLong);
    for await (const _ of pieces) expect.unreachable();
    await expect(sample).rejects.toThrow("the prompt has 1000 tokens");
  });

  it("are drawn where there are several", () => {
    expect(drawing({ beams: 2 }, 1)).toEqual({ beams: 2 });
    expect(drawing({ topK: 3 }, 2)).toEqual({ topK: 3, beams: 1 });
    expect(drawing({}, 1)).toEqual({});
  });
});

describe("sampleRecord", () => {
  const record = async (text: string, options: SampleRequest["options"]) => {
    const sample = await takeSample(model, request(text, { temperature: 0, ...options }));
    return sampleRecord(sample, { model, name: "stories", loadMs: 1.23456 });
  };

  it("has log-probabilities where they are asked for, with texts and bytes", async () => {
    const { logprobs, promptLogprobs, ids, promptIds } = await record("Once 🦙", {
      logprobs: 2,
      promptLogprobs: true,
      maxTokens: 3,
    });
    expect(logprobs?.map((token) => token?.id)).toEqual(ids);
    for (const token of logprobs ?? []) {
      expect(token?.topLogprobs).toHaveLength(2);
      expect(token?.topLogprobs[0]).toEqual({
        id: token?.id,
        token: token?.token,
        logprob: token?.logprob,
        bytes: token?.bytes,
      });
    }
    expect(promptLogprobs?.[0]).toBeNull();
    expect(promptLogprobs).toHaveLength(promptIds.length);
    const parts = promptLogprobs?.slice(1) ?? [];
    expect(Buffer.from(parts.flatMap((part) => part?.bytes ?? [])).toString()).toBe(" 🦙");
    expect(parts.some((part) => part?.token === null)).toBe(true);
  });

  it("has neither them nor a score otherwise", async () => {
    const fields = await record("Once", { maxTokens: 1 });
    expect(Object.keys(fields)).toEqual(
      "text ids promptIds finishReason seed droppedTokens simd model timings".split(" "),
    );
    expect(fields.timings.loadMs).toBe(1.235);
    expect(await record("Once", { maxTokens: 1, beams: 2 })).toHaveProperty("score");
  });
});

it("textOfPrompt gives a text as it is, and ids decoded", () => {
  expect(textOfPrompt("a\r\n", model)).toBe("a\r\n");
  expect(textOfPrompt(model.tokenizer.encode("Once 🦙"), model)).toBe("Once 🦙");
});

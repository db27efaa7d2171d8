import { describe, expect, it } from "vitest";
import { cosine } from "../../src/library/embedding/pooling.ts";
import { encoderOver, loadEncoder } from "../../src/library/load-encoder.ts";
import { loadModel } from "../../src/library/load-model.ts";
import { eventsOf, serve, sharedServer } from "./running-server.ts";

const running = sharedServer();
const json = async (path: string, body: unknown) =>
  (await (await running().post(path, body)).json()) as never;

async function textOf(prompt: string, maxTokens: number, seed: number): Promise<string> {
  let text = "";
  for await (const token of running().model.generate(prompt, { maxTokens, seed })) text += token.text;
  return text;
}

describe("likelihoods of continuations", () => {
  it("are sums of the log-probabilities that an echo tells", async () => {
    const [prompt, continuations] = ["Once upon a", [" time", " time there was"]];
    const { data } = (await json("/v1/score", { prompt, continuations })) as {
      data: Record<string, number>[];
    };
    expect(data.map(({ tokens }) => tokens)).toEqual([1, 3]);
    expect(data.reduce((sum, { probability = 0 }) => sum + probability, 0)).toBeCloseTo(1);
    for (const [i, continuation] of continuations.entries()) {
      const wish = { prompt: prompt + continuation, max_tokens: 0, echo: true, logprobs: 1 };
      const echo = (await json("/v1/completions", wish)) as {
        choices: [{ logprobs: { token_logprobs: (number | null)[] } }];
      };
      const told = echo.choices[0].logprobs.token_logprobs.slice(-(data[i]?.tokens ?? 0));
      expect(data[i]?.logprob).toBeCloseTo(
        told.reduce<number>((sum, value) => sum + (value ?? 0), 0),
        4,
      );
    }
    expect(data[0]).toMatchObject({ index: 0, text: " time", is_greedy: true });
  });

  it("follow messages as an answer does", async () => {
    const wish = { messages: [{ role: "user", content: "A story?" }], continuations: [" Yes", " No"] };
    const { data } = (await json("/v1/score", wish)) as { data: object[] };
    expect(data).toHaveLength(2);
  });

  it.each([
    [{ prompt: "a" }, "continuations: expected 1 to 1024 texts"],
    [{ prompt: "a", continuations: [""] }, "continuations[0]: has no token"],
    [{ prompt: "a ".repeat(300), continuations: [" b"] }, "does not fit the context of 256"],
  ])("are refused: %j", async (body, message) => {
    expect(await json("/v1/score", body)).toMatchObject({
      error: { message: expect.stringContaining(message) },
    });
  });
});

describe("vectors of texts", () => {
  it("have length 1, and are those of the model's last states", async () => {
    const model = await loadModel(undefined, { threads: 1, simd: "plain" });
    const embedder = { name: "stories", load: () => encoderOver(model, "models/stories") };
    const own = await serve(model, {}, { embedder });
    const other = await serve(model, {}, { embedder: { ...embedder, name: "org/other" } });
    expect(await (await other.get("/v1/models/org%2Fother")).json()).toMatchObject({ id: "org/other" });
    await other.server.close(0);
    const ask = async (path: string, body: object) => (await (await own.post(path, body)).json()) as never;
    const { data, usage } = (await ask("/v1/embeddings", { input: ["A fox", "A dog"] })) as {
      data: { embedding: number[] }[];
      usage: object;
    };
    const [first = [], second = []] = data.map(({ embedding }) => embedding);
    expect(Math.hypot(...first)).toBeCloseTo(1);
    expect(second).not.toEqual(first);
    await using encoder = await loadEncoder("models/stories", { threads: 1, simd: "plain" });
    const [alone] = await encoder.embed(["A fox"]);
    expect(cosine(alone?.embedding ?? new Float32Array(), Float32Array.from(first))).toBeCloseTo(1, 6);
    expect(usage).toMatchObject({ prompt_tokens: expect.any(Number) });
    const coded = (await ask("/v1/embeddings", { input: "A fox", encoding_format: "base64" })) as {
      data: [{ embedding: string }];
    };
    const bytes = Buffer.from(coded.data[0].embedding, "base64");
    expect(first.map((_, i) => bytes.readFloatLE(4 * i))).toEqual(first);
    const short = (await ask("/v1/embeddings", { input: "A fox", dimensions: 3 })) as typeof coded;
    expect(short.data[0].embedding).toHaveLength(3);
    const ids = model.tokenizer.encode("A fox");
    const byIds = (await ask("/v1/embeddings", { input: ids })) as { data: [{ embedding: number[] }] };
    expect(byIds.data[0].embedding).toEqual(first);
    expect(await ask("/api/embed", { input: "A fox" })).toMatchObject({ embeddings: [first] });
    expect(await ask("/api/embeddings", { prompt: "A fox" })).toEqual({ embedding: first });
    expect(await ask("/v1/embeddings", { input: "a ".repeat(300) })).toMatchObject({
      error: { code: "context_length_exceeded", message: expect.stringContaining("input[0] has") },
    });
    const cut = await own.post("/v1/embeddings", { input: "a ".repeat(300), truncate: true });
    expect(cut.status).toBe(200);
    for (const body of [
      { input: 5 },
      { input: [] },
      { input: "a", dimensions: 1e6 },
      { input: "a", model: "x" },
    ]) {
      expect(await ask("/v1/embeddings", body)).toHaveProperty("error");
    }
    await own.server.close(0);
    await model.close();
  });

  it("are refused where nothing embeds", async () => {
    expect(await json("/v1/embeddings", { input: "a" })).toMatchObject({
      error: { message: "stories embeds no texts here" },
    });
  });
});

describe("llama.cpp's routes", () => {
  it("continue a prompt, whole and in a stream", async () => {
    const wish = { prompt: "Once upon a", n_predict: 6, seed: 3, n_probs: 2, return_tokens: true };
    const text = await textOf("Once upon a", 6, 3);
    const whole = await json("/completion", wish);
    expect(whole).toMatchObject({
      ...{ content: text, stop: true, stop_type: "limit", tokens_predicted: 6, tokens_evaluated: 3 },
      completion_probabilities: expect.arrayContaining([
        expect.objectContaining({ top_logprobs: [{}, {}].map(() => expect.anything()) }),
      ]),
    });
    const events = (await eventsOf(await running().post("/completion", { ...wish, stream: true }))) as {
      content: string;
      stop: boolean;
    }[];
    expect(events.map(({ content }) => content).join("")).toBe(text);
    expect(events.at(-1)).toMatchObject({ stop: true, stop_type: "limit" });
    const mixed = await json("/completion", {
      ...wish,
      prompt: ["Once upon", ...running().model.tokenizer.encode(" a")],
    });
    expect(mixed).toMatchObject({ content: text });
    expect(await json("/completion", { ...wish, prompt: "Once", stop: ["upon"] })).toMatchObject({
      ...{ stop_type: "word", stopping_word: "upon" },
    });
    expect(await json("/completion", { prompt: [] })).toHaveProperty("error");
  });

  it("tell the prompt of messages, and what runs", async () => {
    const messages = [{ role: "user", content: "Hi." }];
    expect(await json("/apply-template", { messages })).toMatchObject({ prompt: "user: Hi.\nassistant:" });
    expect(await (await running().get("/props")).json()).toMatchObject({
      ...{ total_slots: 4, default_generation_settings: { n_ctx: 256 } },
      chat_template: expect.stringContaining("messages"),
    });
  });
});

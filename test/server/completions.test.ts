import { describe, expect, it } from "vitest";
import { eventsOf, sharedServer } from "./running-server.ts";

const running = sharedServer();
const PATH = "/v1/completions";

interface Choice {
  readonly index: number;
  readonly text: string;
  readonly finish_reason: string | null;
  readonly logprobs: { readonly tokens: string[]; readonly token_logprobs: (number | null)[] } | null;
}

interface Completion {
  readonly choices: readonly Choice[];
  readonly usage: Readonly<Record<string, unknown>>;
}

async function complete(body: object): Promise<Completion> {
  const response = await running().post(PATH, body);
  expect(response.status).toBe(200);
  return (await response.json()) as Completion;
}

/** As the library gives it. */
async function alone(prompt: string, maxTokens: number, seed: number): Promise<string> {
  let text = "";
  for await (const token of running().model.generate(prompt, { maxTokens, seed })) text += token.text;
  return text;
}

describe("completions", () => {
  it("give the text of the library, with usage", async () => {
    const { choices, usage } = await complete({ prompt: "Once upon", max_tokens: 12, seed: 7 });
    expect(choices).toEqual([
      { index: 0, text: await alone("Once upon", 12, 7), logprobs: null, finish_reason: "length" },
    ]);
    expect(usage).toMatchObject({ prompt_tokens: 2, completion_tokens: 12, total_tokens: 14 });
  });

  it("of many at once are those of each alone", async () => {
    const seeds = Array.from({ length: 12 }, (_, seed) => seed);
    const together = await Promise.all(
      seeds.map((seed) => complete({ prompt: `A cat ${seed}`, max_tokens: 20, seed })),
    );
    for (const seed of seeds) {
      expect(together[seed]?.choices[0]?.text).toBe(await alone(`A cat ${seed}`, 20, seed));
    }
  });

  it("take texts, ids and several of them, each with n choices", async () => {
    const ids = running().model.promptIds("Once upon");
    const wish = { max_tokens: 5, seed: 3 };
    const [text, asIds, several] = await Promise.all([
      complete({ ...wish, prompt: "Once upon" }),
      complete({ ...wish, prompt: ids }),
      complete({ ...wish, prompt: ["Once upon", [...ids]], n: 2 }),
    ]);
    expect(asIds.choices).toEqual(text.choices);
    expect(several.choices.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(several.choices[0]?.text).toBe(text.choices[0]?.text);
    expect(several.choices[2]?.text).toBe(text.choices[0]?.text);
    expect(several.usage).toMatchObject({ prompt_tokens: 4, completion_tokens: 20 });
  });

  it("score a prompt: echo, no new token, log-probabilities", async () => {
    const { choices } = await complete({
      ...{ prompt: "Once upon a time", max_tokens: 0, echo: true, logprobs: 2 },
    });
    const [choice] = choices;
    expect(choice).toMatchObject({ text: "Once upon a time", finish_reason: "length" });
    expect(choice?.logprobs?.tokens).toEqual(["Once", " upon", " a", " time"]);
    const [first, ...others] = choice?.logprobs?.token_logprobs ?? [];
    expect(first).toBeNull();
    const session = running().model.createSession();
    const logits = Float64Array.from(await session.append(running().model.promptIds("Once upon a")));
    await session.close();
    const [id = 0] = running().model.tokenizer.encode(" time");
    const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
    expect(others.at(-1)).toBeCloseTo((logits[id] ?? 0) - Math.log(sum), 5);
  });

  it("end at a stop text, which is left out, and at a bias that allows one token only", async () => {
    const stopped = await complete({ prompt: "Once upon a", max_tokens: 40, seed: 1, stop: [","] });
    expect(stopped.choices[0]).toMatchObject({ finish_reason: "stop" });
    expect(stopped.choices[0]?.text).not.toContain(",");
    const [comma = 0] = running().model.tokenizer.encode(",");
    const biased = await complete({ prompt: "Once", max_tokens: 3, logit_bias: { [comma]: 100 }, seed: 1 });
    expect(biased.choices[0]?.text).toBe(",,,");
  });

  it("choose the best of several", async () => {
    const wish = { prompt: "Once", max_tokens: 8, seed: 5, logprobs: 0 };
    const mean = ({ logprobs }: Choice) =>
      (logprobs?.token_logprobs ?? []).reduce<number>((sum, own) => sum + (own ?? 0), 0) / 8;
    const all = await complete({ ...wish, n: 4 });
    const best = await complete({ ...wish, best_of: 4 });
    expect(best.choices).toHaveLength(1);
    const means = all.choices.map(mean);
    expect(mean(best.choices[0] as Choice)).toBeCloseTo(Math.max(...means), 10);
  });

  it("stream the same text in pieces, with usage last", async () => {
    const wish = { prompt: "The dog", max_tokens: 10, seed: 2, n: 2 };
    const whole = await complete(wish);
    const more = { stream: true, stream_options: { include_usage: true } };
    const response = await running().post(PATH, { ...wish, ...more });
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const events = await eventsOf(response);
    expect(events.at(-1)).toBe("[DONE]");
    const chunks = events.slice(0, -1) as { choices: Choice[]; usage: unknown }[];
    for (const index of [0, 1]) {
      const own = chunks.flatMap(({ choices }) => choices.filter((choice) => choice.index === index));
      expect(own.map(({ text }) => text).join("")).toBe(whole.choices[index]?.text);
      expect(own.map(({ finish_reason }) => finish_reason).filter(Boolean)).toEqual(["length"]);
    }
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 20 } });
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
  });

  it.each([
    [{ prompt: 5 }, 400, "prompt: expected a text, token ids, or a list of them, found 5"],
    [{ prompt: [[5000]] }, 400, "prompt: expected token ids below 4096"],
    [{ prompt: "a ".repeat(400) }, 400, "the context 256: shorten it"],
    [{ prompt: "a", temperature: "hot" }, 400, 'temperature: expected a number from 0 to 100, found "hot"'],
    [{ prompt: "a", n: 1000 }, 400, "n: expected a whole number from 1 to 128"],
    [{ prompt: "a", suffix: "b" }, 400, "suffix is not supported"],
    [{ prompt: "a", best_of: 2, stream: true }, 400, "a stream cannot tell"],
    [{ prompt: "a", logit_bias: { x: 1 } }, 400, "logit_bias.x: expected a token id"],
    [{ prompt: "a", model: "other" }, 404, 'the model "other" is not here: stories is'],
  ])("refuse %j with %d", async (body, status, message) => {
    const response = await running().post(PATH, body);
    expect(response.status).toBe(status);
    const { error } = (await response.json()) as { error: { message: string } };
    expect(error.message).toContain(message);
  });

  it("name the fields that have no effect", async () => {
    const response = await running().post(PATH, { prompt: "a", max_tokens: 1, frobnicate: 1, user: "u" });
    expect(response.headers.get("x-ignored-fields")).toBe("frobnicate");
    const own = { prompt: "a", stream: false, options: { num_predict: 1, mirostat: 1 } };
    const other = await running().post("/api/generate", own);
    expect(other.headers.get("x-ignored-fields")).toBe("options.mirostat");
  });

  it("take logit_bias as a list of pairs, too", async () => {
    const textOf = async (logit_bias: unknown) => {
      const response = await running().post("/v1/completions", { prompt: "a", temperature: 0, logit_bias });
      return [response.status, response.status === 200 && (await response.json()).choices[0].text];
    };
    const bans = Array.from({ length: 90 }, (_, id) => id);
    const objects = await textOf(Object.fromEntries(bans.map((id) => [id, -100])));
    expect(await textOf(bans.map((id) => [id, false]))).toEqual(objects);
    expect((await textOf([["a", 1]]))[0]).toBe(400);
  });

  it("are refused images and functions of others' servers", async () => {
    const images = { messages: [{ role: "user", content: "a", images: ["x"] }] };
    expect((await running().post("/api/chat", images)).status).toBe(400);
    const tools = [{ type: "web_search_20250305", name: "web_search" }];
    const body = { messages: [{ role: "user", content: "a" }], max_tokens: 1, tools };
    expect((await running().post("/v1/messages", body)).status).toBe(400);
  });
});

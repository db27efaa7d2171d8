import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI from "openai";
import { serve } from "./server.js";

const baseURL = await serve();
const client = new OpenAI({ baseURL, apiKey: "secret", maxRetries: 0 });
const wish = { model: "stories", prompt: "Once upon a", max_tokens: 8, seed: 1 };
const messages = [{ role: "user", content: "A story, please." }];

test("models", async () => {
  const list = await client.models.list();
  assert.deepEqual(
    list.data.map(({ id }) => id),
    ["stories"],
  );
  assert.equal((await client.models.retrieve("stories")).id, "stories");
});

test("completions, whole and in a stream", async () => {
  const whole = await client.completions.create(wish);
  assert.equal(whole.usage.completion_tokens, 8);
  let text = "";
  for await (const chunk of await client.completions.create({ ...wish, stream: true })) {
    text += chunk.choices[0].text;
  }
  assert.equal(text, whole.choices[0].text);
});

test("chats, whole and in a stream, with usage", async () => {
  const chat = { model: "stories", messages, max_tokens: 8, seed: 1 };
  const whole = await client.chat.completions.create(chat);
  const stream = await client.chat.completions.create({
    ...{ ...chat, stream: true, stream_options: { include_usage: true } },
  });
  let [text, usage] = ["", undefined];
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? "";
    usage = chunk.usage ?? usage;
  }
  assert.equal(text, whole.choices[0].message.content);
  assert.deepEqual([usage.prompt_tokens, usage.completion_tokens], [whole.usage.prompt_tokens, 8]);
  const final = await client.chat.completions.stream(chat).finalContent();
  assert.equal(final, text);
});

test("vectors, which the client asks for in base64", async () => {
  const { data } = await client.embeddings.create({ model: "stories", input: ["A fox", "A dog"] });
  assert.equal(data.length, 2);
  assert.ok(Math.abs(Math.hypot(...data[0].embedding) - 1) < 1e-4);
});

test("responses, whole and in a stream", async () => {
  const own = { model: "stories", input: "A story, please.", max_output_tokens: 8, seed: 1 };
  const whole = await client.responses.create(own);
  assert.equal(whole.status, "incomplete");
  let [text, last] = ["", ""];
  for await (const event of await client.responses.create({ ...own, stream: true })) {
    if (event.type === "response.output_text.delta") text += event.delta;
    last = event.type;
  }
  assert.equal(text, whole.output_text);
  assert.equal(last, "response.incomplete");
  const final = await client.responses.stream(own).finalResponse();
  assert.equal(final.output_text, text);
});

test("errors have their class, status and code", async () => {
  await assert.rejects(client.completions.create({ ...wish, model: "other" }), (error) => {
    assert.ok(error instanceof OpenAI.NotFoundError);
    assert.deepEqual([error.status, error.code, error.param], [404, "model_not_found", "model"]);
    return true;
  });
  await assert.rejects(
    client.completions.create({ ...wish, prompt: "a ".repeat(400) }),
    ({ code }) => code === "context_length_exceeded",
  );
  const stranger = new OpenAI({ baseURL, apiKey: "wrong", maxRetries: 0 });
  await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError);
});

test("a stream that is left", async () => {
  const stream = await client.completions.create({ ...wish, max_tokens: 200, stream: true });
  for await (const _ of stream) break;
  stream.controller.abort();
  assert.equal((await client.completions.create(wish)).usage.completion_tokens, 8);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { Ollama } from "ollama";
import { serve } from "./server.js";

const host = (await serve()).replace(/\/v1$/, "");
const client = new Ollama({ host, headers: { authorization: "Bearer secret" } });
const options = { num_predict: 8, seed: 1 };
const messages = [{ role: "user", content: "A story, please." }];

test("models", async () => {
  const { models } = await client.list();
  assert.equal(models[0].name, "stories:latest");
  assert.equal((await client.show({ model: "stories" })).details.family, "gpt2");
});

test("texts, whole and in a stream", async () => {
  const wish = { model: "stories", prompt: "Once upon a", options };
  const whole = await client.generate(wish);
  let text = "";
  for await (const { response } of await client.generate({ ...wish, stream: true })) text += response;
  assert.equal(text, whole.response);
  assert.equal(whole.eval_count, 8);
});

test("chats, whole and in a stream", async () => {
  const wish = { model: "stories", messages, options };
  const whole = await client.chat(wish);
  let text = "";
  for await (const { message } of await client.chat({ ...wish, stream: true })) text += message.content;
  assert.equal(text, whole.message.content);
});

test("vectors", async () => {
  const { embeddings } = await client.embed({ model: "stories", input: ["A fox", "A dog"] });
  assert.equal(embeddings.length, 2);
});

test("errors", async () => {
  await assert.rejects(client.chat({ model: "other", messages }), ({ status_code }) => status_code === 404);
});

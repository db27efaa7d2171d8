import assert from "node:assert/strict";
import { test } from "node:test";
import { ChatOpenAI, OpenAI } from "@langchain/openai";
import { serve } from "./server.js";

const configuration = { baseURL: await serve() };
const settings = { model: "stories", apiKey: "secret", maxTokens: 8, maxRetries: 0, configuration };

test("chats, whole and in a stream", async () => {
  const chat = new ChatOpenAI({ ...settings, modelKwargs: { seed: 1 } });
  const { content } = await chat.invoke("A story, please.");
  let text = "";
  for await (const piece of await chat.stream("A story, please.")) text += piece.content;
  assert.equal(text, content);
});

test("completions", async () => {
  const model = new OpenAI({ ...settings, modelKwargs: { seed: 1 } });
  assert.ok((await model.invoke("Once upon a")).length > 0);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, streamText } from "ai";
import { serve } from "./server.js";

const baseURL = await serve();
const provider = createOpenAICompatible({ name: "gpt", baseURL, apiKey: "secret", includeUsage: true });
const wish = { prompt: "A story, please.", maxOutputTokens: 8, seed: 1, maxRetries: 0 };

test("texts, whole and in a stream", async () => {
  const model = provider.chatModel("stories");
  const whole = await generateText({ ...wish, model });
  assert.equal(whole.usage.outputTokens, 8);
  assert.equal(whole.finishReason, "length");
  const stream = streamText({ ...wish, model });
  let text = "";
  for await (const piece of stream.textStream) text += piece;
  assert.equal(text, whole.text);
  assert.equal((await stream.usage).outputTokens, 8);
});

test("completions", async () => {
  const model = provider.completionModel("stories");
  const { text } = await generateText({ ...wish, model, prompt: "Once upon a" });
  assert.ok(text.length > 0);
});

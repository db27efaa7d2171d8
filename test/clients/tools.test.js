/** Functions, forms and reasoning, with a template that knows them. A grammar holds the small model to its part. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { embed, generateText, jsonSchema, Output, streamText, tool } from "ai";
import { Ollama } from "ollama";
import OpenAI from "openai";
import { CALLING, serve } from "./server.js";

const baseURL = await serve(CALLING);
const client = new OpenAI({ baseURL, apiKey: "secret", maxRetries: 0 });
const provider = createOpenAICompatible({ name: "gpt", baseURL, apiKey: "secret" });
const parameters = {
  type: "object",
  properties: {
    city: { type: "string", enum: ["Rome", "Bern"] },
    days: { type: "integer", minimum: 1, maximum: 7 },
  },
  required: ["city", "days"],
  additionalProperties: false,
};
const weather = { name: "weather", description: "The weather of a city", parameters };
const tools = [{ type: "function", function: { ...weather, strict: true } }];
const messages = [{ role: "user", content: "Rain in Rome?" }];
const wish = { model: "stories", messages, tools, max_tokens: 120, seed: 1 };

function check({ city, days }) {
  assert.ok(["Rome", "Bern"].includes(city));
  assert.ok(days >= 1 && days <= 7);
}

test("openai: a strict function, called because the request says so", async () => {
  const { choices } = await client.chat.completions.create({ ...wish, tool_choice: "required" });
  assert.equal(choices[0].finish_reason, "tool_calls");
  check(JSON.parse(choices[0].message.tool_calls[0].function.arguments));
});

test("openai: a strict function that the model may call", async () => {
  const { choices } = await client.chat.completions.create(wish);
  for (const call of choices[0].message.tool_calls ?? []) check(JSON.parse(call.function.arguments));
  assert.ok(choices[0].message.content.length > 0 || choices[0].message.tool_calls.length > 0);
});

test("openai: a call in a stream, collected by the client", async () => {
  const stream = client.chat.completions.stream({ ...wish, tool_choice: "required" });
  const { choices } = await stream.finalChatCompletion();
  check(JSON.parse(choices[0].message.tool_calls[0].function.arguments));
});

test("openai: a function that the client runs", async () => {
  let given;
  const run = (value) => {
    given = value;
    return "sun";
  };
  const own = { ...weather, function: run, parse: JSON.parse, strict: true };
  const forced = { type: "function", function: { name: "weather" } };
  const runner = client.chat.completions.runTools({
    ...{ ...wish, tool_choice: forced, tools: [{ type: "function", function: own }] },
  });
  await runner.done();
  check(given);
});

test("openai: a form, read by the client", async () => {
  const response_format = {
    type: "json_schema",
    json_schema: { name: "weather", strict: true, schema: parameters },
  };
  const { choices } = await client.chat.completions.parse({
    ...{ model: "stories", messages, max_tokens: 120, seed: 1, response_format },
  });
  check(choices[0].message.parsed);
});

test("openai: a schema that cannot be kept", async () => {
  const bad = { type: "function", function: { ...weather, parameters: { $dynamicRef: "#a" }, strict: true } };
  await assert.rejects(client.chat.completions.create({ ...wish, tools: [bad] }), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.deepEqual([error.param, error.code], ["tools", "unsupported_value"]);
    return true;
  });
});

test("openai: responses with a function, whole and in a stream", async () => {
  const own = {
    ...{ model: "stories", input: "Rain in Rome?", max_output_tokens: 120, seed: 1 },
    ...{ tools: [{ type: "function", ...weather, strict: true }], tool_choice: "required" },
  };
  const { output } = await client.responses.create(own);
  const call = output.find(({ type }) => type === "function_call");
  check(JSON.parse(call.arguments));
  const final = await client.responses.stream(own).finalResponse();
  assert.equal(final.output.find(({ type }) => type === "function_call").arguments, call.arguments);
  const result = { type: "function_call_output", call_id: call.call_id, output: "sun" };
  const history = [{ role: "user", content: own.input }, ...output, result];
  const next = await client.responses.create({
    ...own,
    input: history,
    tool_choice: "none",
    max_output_tokens: 8,
  });
  assert.equal(next.status, "incomplete");
});

test("openai: responses with a form", async () => {
  const format = { type: "json_schema", name: "weather", schema: parameters, strict: true };
  const reply = await client.responses.parse({
    ...{ model: "stories", input: "Rain?", max_output_tokens: 120, seed: 1, text: { format } },
  });
  check(reply.output_parsed);
});

test("openai: a request that is given up before its answer", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const long = { ...wish, tools: undefined, max_tokens: 200 };
  const reply = client.chat.completions.create(long, { signal });
  setTimeout(() => controller.abort(), 20);
  await assert.rejects(reply, OpenAI.APIUserAbortError);
  assert.equal((await client.chat.completions.create({ ...long, max_tokens: 4 })).usage.completion_tokens, 4);
});

const model = provider.chatModel("stories");
const own = { prompt: "Rain in Rome?", maxOutputTokens: 120, seed: 1, maxRetries: 0, model };
const aiTools = { weather: tool({ inputSchema: jsonSchema(parameters), strict: true }) };

test("ai: a call, whole and in a stream", async () => {
  const { toolCalls } = await generateText({ ...own, tools: aiTools, toolChoice: "required" });
  check(toolCalls[0].input);
  const stream = streamText({ ...own, tools: aiTools, toolChoice: "required" });
  assert.deepEqual((await stream.toolCalls)[0].input, toolCalls[0].input);
});

test("ai: a form", async () => {
  const structured = createOpenAICompatible({
    ...{ name: "gpt", baseURL, apiKey: "secret", supportsStructuredOutputs: true },
  }).chatModel("stories");
  const output = Output.object({ schema: jsonSchema(parameters) });
  check((await generateText({ ...own, model: structured, output })).output);
});

test("ai: a stream that is left", async () => {
  const controller = new AbortController();
  const { textStream } = streamText({
    ...own,
    maxOutputTokens: 200,
    abortSignal: controller.signal,
    onError() {},
  });
  for await (const _ of textStream) {
    controller.abort();
    break;
  }
  assert.equal((await generateText({ ...own, maxOutputTokens: 4 })).usage.outputTokens, 4);
});

test("ai: vectors", async () => {
  const { embedding } = await embed({ model: provider.textEmbeddingModel("stories"), value: "A fox" });
  assert.ok(Math.abs(Math.hypot(...embedding) - 1) < 1e-4);
});

test("langchain: calls and forms", async () => {
  const configuration = { baseURL };
  const chat = new ChatOpenAI({
    model: "stories",
    apiKey: "secret",
    maxTokens: 120,
    modelKwargs: { seed: 1 },
    maxRetries: 0,
    configuration,
  });
  const bound = chat.bindTools([{ type: "function", function: weather }], {
    strict: true,
    tool_choice: "any",
  });
  check((await bound.invoke("Rain?")).tool_calls[0].args);
  for (const method of ["jsonSchema", "functionCalling"]) {
    check(
      await chat.withStructuredOutput(parameters, { name: "weather", method, strict: true }).invoke("Rain?"),
    );
  }
});

test("langchain: vectors", async () => {
  const vectors = new OpenAIEmbeddings({
    model: "stories",
    apiKey: "secret",
    maxRetries: 0,
    configuration: { baseURL },
  });
  assert.ok(Math.abs(Math.hypot(...(await vectors.embedQuery("A fox"))) - 1) < 1e-4);
});

test("ollama: a form, and a stream that is left", async () => {
  const host = baseURL.replace(/\/v1$/, "");
  const ollama = new Ollama({ host, headers: { authorization: "Bearer secret" } });
  const options = { num_predict: 120, seed: 1 };
  const { message } = await ollama.chat({ model: "stories", messages, options, format: parameters });
  check(JSON.parse(message.content));
  const stream = await ollama.chat({ model: "stories", messages, options, tools, stream: true });
  await assert.rejects(async () => {
    for await (const _ of stream) stream.abort();
  }, /abort/i);
});

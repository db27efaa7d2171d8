import { describe, expect, it } from "vitest";
import { sharedServer } from "./running-server.ts";

const running = sharedServer();
const SCHEMA = {
  type: "object",
  properties: { name: { type: "string", maxLength: 5 }, age: { type: "integer", minimum: 0, maximum: 120 } },
  required: ["name", "age"],
};
const messages = [{ role: "user", content: "Who?" }];
const prompt = "Once";
const most = 80;

/** The text of an answer, whatever the API. */
async function ask(path: string, body: object, textOf: (reply: never) => string): Promise<string> {
  const reply = await running().post(path, { seed: 1, ...body });
  expect(reply.status, await reply.clone().text()).toBe(200);
  return textOf((await reply.json()) as never);
}

const ofChat = ({ choices }: { choices: readonly { message: { content: string } }[] }) =>
  choices[0]?.message.content ?? "";
const ofContent = ({ content }: { content: string }) => content;
const ofResponse = ({ response }: { response: string }) => response;
const ofMessage = ({ message }: { message: { content: string } }) => message.content;
const ofOutput = ({ output }: { output: readonly { content: readonly { text: string }[] }[] }) =>
  output[0]?.content[0]?.text ?? "";

const isPerson = (text: string) => {
  const { name, age } = JSON.parse(text);
  expect([...name].length).toBeLessThanOrEqual(5);
  expect(Number.isInteger(age) && age >= 0 && age <= 120).toBe(true);
};

describe("the form of an answer", () => {
  const schema = { type: "json_schema", json_schema: { name: "person", strict: true, schema: SCHEMA } };

  it("is OpenAI's response_format", async () => {
    const path = "/v1/chat/completions";
    const body = { messages, max_completion_tokens: most, temperature: 2 };
    isPerson(await ask(path, { ...body, response_format: schema }, ofChat));
    isPerson(await ask(path, { ...body, response_format: { type: "json_object", schema: SCHEMA } }, ofChat));
    const object = await ask(path, { ...body, response_format: { type: "json_object" } }, ofChat);
    expect(JSON.parse(object)).toEqual(expect.any(Object));
    await ask(path, { ...body, response_format: { type: "text" } }, ofChat);
  });

  it("is text.format of the Responses API", async () => {
    const format = { type: "json_schema", name: "person", schema: SCHEMA };
    const body = { input: "Who?", max_output_tokens: most };
    isPerson(await ask("/v1/responses", { ...body, text: { format } }, ofOutput));
    const object = await ask(
      "/v1/responses",
      { ...body, text: { format: { type: "json_object" } } },
      ofOutput,
    );
    expect(JSON.parse(object)).toEqual(expect.any(Object));
  });

  it("is Anthropic's output_format, and llama.cpp's grammar and json_schema on OpenAI's routes", async () => {
    const format = { type: "json_schema", schema: SCHEMA };
    const body = { messages, max_tokens: most };
    for (const own of [{ output_format: format }, { output_config: { format } }]) {
      isPerson(
        await ask(
          "/v1/messages",
          { ...body, ...own },
          ({ content }) => (content[0] as { text: string }).text,
        ),
      );
    }
    const path = "/v1/chat/completions";
    isPerson(await ask(path, { ...body, json_schema: SCHEMA }, ofChat));
    expect(await ask(path, { ...body, grammar: 'root ::= "ab"' }, ofChat)).toBe("ab");
    const text = ({ choices }: { choices: readonly { text: string }[] }) => choices[0]?.text ?? "";
    expect(await ask("/v1/completions", { prompt, grammar: 'root ::= "ab"' }, text)).toBe("ab");
    const both = { ...body, response_format: { type: "json_object" }, json_schema: SCHEMA };
    expect((await running().post(path, both)).status).toBe(400);
  });

  it("is ollama's format", async () => {
    const body = { stream: false, options: { num_predict: most, seed: 1 } };
    isPerson(await ask("/api/generate", { ...body, prompt, format: SCHEMA }, ofResponse));
    isPerson(await ask("/api/chat", { ...body, messages, format: SCHEMA }, ofMessage));
    const object = await ask("/api/generate", { ...body, prompt, format: "json" }, ofResponse);
    expect(JSON.parse(object)).toEqual(expect.any(Object));
  });

  it("is llama.cpp's grammar and json_schema", async () => {
    const body = { prompt, n_predict: most };
    expect(await ask("/completion", { ...body, grammar: 'root ::= "a" [0-9]{2}' }, ofContent)).toMatch(
      /^a\d\d$/,
    );
    isPerson(await ask("/completion", { ...body, json_schema: SCHEMA }, ofContent));
  });

  it.each([
    [
      "/v1/chat/completions",
      { messages, response_format: { type: "json_schema", json_schema: { schema: { isSorted: {} } } } },
      "schema: the JSON schema at #: isSorted is not supported",
    ],
    [
      "/v1/chat/completions",
      { messages, response_format: { type: "json_schema" } },
      "response_format.type: expected text, json_object, or json_schema",
    ],
    [
      "/v1/chat/completions",
      { messages, response_format: { type: "json_schema", json_schema: {} } },
      "schema: expected a JSON schema",
    ],
    ["/v1/responses", { input: "Hi", text: { format: { type: "xml" } } }, "text.format.type: expected text"],
    [
      "/v1/responses",
      { input: "Hi", text: { format: { type: "json_schema", schema: { uniqueItems: true } } } },
      "uniqueItems is supported for items of an enum",
    ],
    ["/api/generate", { prompt, format: "yaml" }, "format: expected a JSON schema"],
    ["/completion", { prompt, grammar: "root" }, "grammar: line 1 of the grammar"],
    [
      "/completion",
      { prompt, grammar: 'root ::= "a"', json_schema: SCHEMA },
      "grammar: expected no grammar beside json_schema",
    ],
    ["/completion", { prompt, json_schema: 7 }, "json_schema: expected a JSON schema"],
  ])("%s refuses %j", async (path, body, problem) => {
    const reply = await running().post(path, body);
    expect(reply.status).toBe(400);
    expect(await reply.text()).toContain(problem);
  });
});

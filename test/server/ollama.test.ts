import { describe, expect, it } from "vitest";
import { sharedServer } from "./running-server.ts";

const running = sharedServer();

const TOOL = { type: "function", function: { name: "f" } };

type Line = Readonly<Record<string, unknown>>;

const linesOf = async (response: Response): Promise<Line[]> =>
  (await response.text())
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);

async function textOf(prompt: string, maxTokens: number, seed: number): Promise<string> {
  let text = "";
  for await (const token of running().model.generate(prompt, { maxTokens, seed })) text += token.text;
  return text;
}

describe("ollama's routes", () => {
  it("list and show the model", async () => {
    const tags = (await (await running().get("/api/tags")).json()) as { models: Line[] };
    expect(tags.models).toMatchObject([{ name: "stories:latest", details: { family: "gpt2" } }]);
    expect(await (await running().get("/api/version")).json()).toEqual({
      version: expect.stringMatching(/^\d/),
    });
    const shown = await running().post("/api/show", { model: "stories" });
    expect(await shown.json()).toMatchObject({ model_info: { "gpt2.context_length": 256 } });
    expect((await running().post("/api/show", { model: "other" })).status).toBe(404);
    expect(await (await running().get("/api/ps")).json()).toMatchObject({
      models: [{ context_length: 256 }],
    });
  });

  it("generate, in lines unless it is told otherwise, with the options of the request", async () => {
    const wish = { model: "stories:latest", prompt: "Once upon a", raw: true };
    const options = { num_predict: 8, seed: 3 };
    const response = await running().post("/api/generate", { ...wish, options });
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    const lines = await linesOf(response);
    const text = await textOf("Once upon a", 8, 3);
    expect(lines.map((line) => line.response).join("")).toBe(text);
    expect(lines.at(-1)).toMatchObject({ done: true, done_reason: "length", eval_count: 8 });
    const whole = await running().post("/api/generate", { ...wish, options, stream: false });
    expect(await whole.json()).toMatchObject({ response: text, done: true, prompt_eval_count: 3 });
  });

  it("make a message of a prompt that is not raw", async () => {
    const options = { num_predict: 6, seed: 1 };
    const own = await running().post("/api/generate", {
      ...{ prompt: "Hi.", system: "Be kind.", options, stream: false },
    });
    const text = await textOf("system: Be kind.\nuser: Hi.\nassistant:", 6, 1);
    expect(await own.json()).toMatchObject({ response: text });
    const messages = [
      { role: "system", content: "Be kind." },
      { role: "user", content: "Hi." },
    ];
    const chat = await running().post("/api/chat", { messages, options, stream: false });
    expect(await chat.json()).toMatchObject({ message: { role: "assistant", content: text } });
  });

  it("answer an empty prompt at once", async () => {
    const response = await running().post("/api/generate", { model: "stories" });
    expect(await response.json()).toMatchObject({ done: true, done_reason: "load" });
  });

  it.each([
    ["/api/generate", { prompt: "a", format: "yaml" }, "format: expected a JSON schema"],
    ["/api/generate", { prompt: "a", images: ["x"] }, "images is not supported"],
    [
      "/api/generate",
      { prompt: "a", options: { num_ctx: 9000 } },
      "options.num_ctx: expected a whole number",
    ],
    ["/api/chat", { messages: [] }, "messages: expected a list of messages"],
    ["/api/chat", { messages: [{ role: "user", content: "x" }], tools: [TOOL] }, "knows no calls"],
  ])("%s refuses %j in one line", async (path, body, message) => {
    const response = await running().post(path, body);
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: string };
    expect(error).toContain(message);
  });
});

import { describe, expect, it } from "vitest";
import { ChatTemplate } from "../../src/chat/template/chat-template.ts";
import { eventsOf, serve, sharedServer } from "./running-server.ts";

const running = sharedServer();
const PATH = "/v1/chat/completions";
const MESSAGES = [
  { role: "developer", content: "Be kind." },
  {
    role: "user",
    content: [
      { type: "text", text: "Tell me " },
      { type: "text", text: "a story." },
    ],
  },
];
const TOOL = { type: "function", function: { name: "f" } };
const PROMPT = "system: Be kind.\nuser: Tell me a story.\nassistant:";

interface Chat {
  readonly object: string;
  readonly choices: readonly {
    readonly index: number;
    readonly message: { readonly content: string };
    readonly delta: { readonly content?: string; readonly role?: string };
    readonly logprobs: { readonly content: readonly { readonly token: string; readonly bytes: number[] }[] };
    readonly finish_reason: string | null;
  }[];
  readonly usage: Readonly<Record<string, unknown>>;
}

const ask = async (body: object) => (await (await running().post(PATH, body)).json()) as Chat;

describe("answers to messages", () => {
  it("continue the rendered prompt", async () => {
    const { object, choices, usage } = await ask({ messages: MESSAGES, max_completion_tokens: 8, seed: 4 });
    let text = "";
    for await (const token of running().model.generate(PROMPT, { maxTokens: 8, seed: 4 })) text += token.text;
    expect(object).toBe("chat.completion");
    expect(choices).toEqual([
      {
        index: 0,
        message: { role: "assistant", content: text, refusal: null },
        logprobs: null,
        finish_reason: "length",
      },
    ]);
    expect(usage).toMatchObject({ completion_tokens: 8 });
  });

  it("take no control token from a message", async () => {
    const content = "<|endoftext|>";
    const { usage } = await ask({ messages: [{ role: "user", content }], max_tokens: 1, seed: 1 });
    const { tokenizer } = running().model;
    const plain = tokenizer.encode(`user: ${content}\nassistant:`, { parseSpecial: false });
    expect(usage).toMatchObject({ prompt_tokens: plain.length });
  });

  it("tell which message was changed since the client asked before", async () => {
    const story = "Once upon a time there was a little fox. He lived in a big tree, and he was happy. ";
    const talk = (middle: string) => [
      { role: "system", content: story },
      { role: "user", content: middle },
      { role: "user", content: "Go on." },
    ];
    const details = async (middle: string) =>
      (await ask({ messages: talk(middle), max_tokens: 1, seed: 1 })).usage.prompt_tokens_details;
    await details("The fox ran away.");
    expect(await details("The fox ran away.")).not.toHaveProperty("cache_miss");
    expect(await details("The dog came home.")).toMatchObject({
      cache_miss: {
        ...{ message: { index: 1, role: "user" }, position: expect.any(Number) },
        ...{ before: expect.stringMatching(/^ fox ran/), now: expect.stringMatching(/^ dog came/) },
      },
    });
  });

  it("come with the bytes of their tokens", async () => {
    const wish = { messages: MESSAGES, max_tokens: 3, seed: 1, logprobs: true, top_logprobs: 2 };
    const { choices } = await ask(wish);
    const tokens = choices[0]?.logprobs.content ?? [];
    expect(tokens).toHaveLength(3);
    expect(tokens[0]).toMatchObject({ top_logprobs: [{}, {}] });
    expect(Buffer.from(tokens.flatMap(({ bytes }) => bytes)).toString()).toBe(choices[0]?.message.content);
  });

  it("stream in deltas: the role first, the reason last", async () => {
    const wish = { messages: MESSAGES, max_tokens: 6, seed: 2, n: 2 };
    const whole = await ask(wish);
    const response = await running().post(PATH, { ...wish, stream: true });
    const events = (await eventsOf(response)).slice(0, -1) as unknown as Chat[];
    for (const index of [0, 1]) {
      const own = events.flatMap(({ choices }) => choices.filter((choice) => choice.index === index));
      expect(own[0]?.delta).toEqual({ role: "assistant", content: "" });
      expect(own.map(({ delta }) => delta.content ?? "").join("")).toBe(
        whole.choices[index]?.message.content,
      );
      expect(own.at(-1)).toMatchObject({ delta: {}, finish_reason: "length" });
    }
  });

  it.each([
    [{}, "messages: expected a list of messages"],
    [{ messages: [] }, "messages: expected a list of messages"],
    [{ messages: [{ content: "x" }] }, "a message with a role at 0"],
    [{ messages: [{ role: "user", content: [{ type: "image_url" }] }] }, "a text, or parts of text, at 0"],
    [{ messages: MESSAGES, top_logprobs: 2 }, "top_logprobs: expected logprobs: true beside it"],
    [{ messages: MESSAGES, tools: [TOOL] }, "knows no calls"],
    [{ messages: MESSAGES, response_format: { type: "xml" } }, "response_format.type: expected text"],
    [{ messages: [{ role: "user", content: "a ".repeat(400) }] }, "the context 256: shorten it"],
  ])("are refused to %j", async (body, message) => {
    const response = await running().post(PATH, body);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: { message: string } }).error.message).toContain(message);
  });
});

describe("histories that a template does not expect", () => {
  it("are the client's mistake, in the template's words, if it raises an exception", async () => {
    const source =
      "{% if messages[0].role != 'user' %}\n{{ raise_exception('Roles must alternate') }}{% endif %}Hi";
    const own = await serve(running().model, {}, { template: new ChatTemplate(source, "chat.jinja") });
    const messages = ["assistant", "user"].map((role) => ({ role, content: "Well." }));
    try {
      for (const path of [PATH, "/v1/messages", "/api/chat", "/apply-template"]) {
        const response = await own.post(path, { messages, max_tokens: 1 });
        expect([path, response.status]).toEqual([path, 400]);
        expect(await response.text()).toContain("Roles must alternate");
      }
    } finally {
      await own.server.close(0);
    }
  });

  it.each([
    [
      "two turns of one role",
      [
        { role: "user", content: "a" },
        { role: "user", content: "b" },
      ],
    ],
    ["an answer first, without a text", [{ role: "assistant", content: null }]],
    ["a result without its call", [{ role: "tool", content: "7", tool_call_id: "x" }]],
    ["no texts at all", [{ role: "user", content: [] }]],
  ])("are rendered: %s", async (_, messages) => {
    expect((await running().post(PATH, { messages, max_tokens: 1 })).status).toBe(200);
  });
});

import { afterEach, describe, expect, it } from "vitest";
import { ChatTemplate } from "../../src/chat/template/chat-template.ts";
import { answerMark, recitingModel } from "./reciting-model.ts";
import { type Running, serve } from "./running-server.ts";

const template = new ChatTemplate(
  `{% if tools %}<tool_call>{% endif %}{% for m in messages %}{{ m.role }}:{{ m.content }}{% for c in m.tool_calls or [] %}{{ c.function.arguments | tojson }}{% endfor %};{% endfor %}${answerMark}`,
  "chat.jinja",
);
const TEXT =
  '<think>Hm.</think>I look.<tool_call>{"name": "weather", "arguments": {"city": "Paris"}}</tool_call>';
const tools = [{ name: "weather", input_schema: { type: "object" } }];
const messages = [{ role: "user", content: "Rain?" }];
const wish = { max_tokens: 999, temperature: 0, messages, tools };

let running: Running;
afterEach(() => running.server.close(0));

async function answering(text: string): Promise<void> {
  running = await serve(recitingModel(text), {}, { template });
}
const ask = async (body: object) => (await (await running.post("/v1/messages", body)).json()) as never;

describe("Anthropic's messages", () => {
  it("are answered in blocks", async () => {
    await answering(TEXT);
    expect(await ask(wish)).toMatchObject({
      ...{
        type: "message",
        role: "assistant",
        model: "stories",
        stop_reason: "tool_use",
        stop_sequence: null,
      },
      content: [
        { type: "thinking", thinking: "Hm." },
        { type: "text", text: "I look." },
        { type: "tool_use", id: expect.any(String), name: "weather", input: { city: "Paris" } },
      ],
      usage: { output_tokens: expect.any(Number) },
    });
  });

  it("stream in events, each block from its start to its end", async () => {
    await answering(TEXT);
    const frames = (await (await running.post("/v1/messages", { ...wish, stream: true })).text())
      .trim()
      .split("\n\n");
    const events = frames.map((frame) => {
      const [, event, data = ""] = /^event: (.*)\ndata: (.*)$/.exec(frame) ?? [];
      const parsed = JSON.parse(data);
      expect(parsed.type).toBe(event);
      return parsed;
    });
    const types = events.map(({ type }) => type).filter((type, i, all) => type !== all[i - 1]);
    const block = ["content_block_start", "content_block_delta", "content_block_stop"];
    expect(types).toEqual(["message_start", ...block, ...block, ...block, "message_delta", "message_stop"]);
    const deltas = events.flatMap(({ delta }) => delta ?? []);
    expect(deltas.map(({ text = "" }) => text).join("")).toBe("I look.");
    expect(deltas.map(({ partial_json: part = "" }) => part).join("")).toBe('{"city": "Paris"}');
    expect(events.at(-2)).toMatchObject({ delta: { stop_reason: "tool_use" } });
  });

  it("take results back, and count tokens", async () => {
    await answering("Yes.");
    const history = [
      ...messages,
      {
        role: "assistant",
        content: [
          { type: "text", text: "I look." },
          { type: "tool_use", id: "a", name: "weather", input: { city: "Paris" } },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "a", content: [{ type: "text", text: "rain" }] },
          { type: "text", text: "So?" },
        ],
      },
    ];
    const prompt = `<tool_call>system:Be kind.;user:Rain?;assistant:I look.{"city": "Paris"};tool:rain;user:So?;${answerMark}`;
    const system = [{ type: "text", text: "Be kind." }];
    const counted = await running.post("/v1/messages/count_tokens", { messages: history, system, tools });
    expect(await counted.json()).toEqual({ input_tokens: prompt.length });
    const body = { ...wish, messages: history, system, stop_sequences: ["s."] };
    expect(await ask(body)).toMatchObject({
      ...{ content: [{ text: "Ye" }], stop_reason: "stop_sequence", stop_sequence: "s." },
    });
    expect(await ask({ ...body, max_tokens: 1, stop_sequences: [] })).toMatchObject({
      stop_reason: "max_tokens",
    });
  });

  it.each([
    [{ ...wish, max_tokens: undefined }, "max_tokens: expected"],
    [{ ...wish, messages: [] }, "messages: expected a list"],
    [{ ...wish, messages: [{ role: "user", content: [{ type: "image" }] }] }, "blocks of text"],
    [{ ...wish, messages: [...messages, { role: "assistant", content: "Y" }] }, "the last message must be"],
    [{ ...wish, tool_choice: { type: "tool", name: "x" } }, "tool_choice: expected"],
  ])("are refused in its words: %j", async (body, message) => {
    await answering("");
    expect(await ask(body)).toEqual({
      ...{
        type: "error",
        error: { type: "invalid_request_error", message: expect.stringContaining(message) },
      },
    });
  });
});

import { afterEach, describe, expect, it } from "vitest";
import { ChatTemplate } from "../../src/chat/template/chat-template.ts";
import { answerMark, recitingModel } from "./reciting-model.ts";
import { eventsOf, type Running, serve } from "./running-server.ts";

const template = new ChatTemplate(
  `{% if tools %}<tool_call>{% endif %}{% for m in messages %}{{ m.role }}:{{ m.content }}{% for c in m.tool_calls or [] %}{{ c.function.arguments | tojson }}{% endfor %};{% endfor %}${answerMark}`,
  "chat.jinja",
);
const TEXT =
  '<think>Hm.</think>I look.<tool_call>{"name": "weather", "arguments": {"city": "Paris"}}</tool_call>';
const tools = [{ type: "function", name: "weather", parameters: { type: "object" } }];
const wish = { temperature: 0, input: "Rain?", tools };

let running: Running;
afterEach(() => running.server.close(0));

async function answering(text: string): Promise<void> {
  running = await serve(recitingModel(text), {}, { template });
}
const ask = async (body: object) => (await (await running.post("/v1/responses", body)).json()) as never;
const OUTPUT = [
  { type: "reasoning", summary: [{ type: "summary_text", text: "Hm." }] },
  { type: "message", status: "completed", content: [{ type: "output_text", text: "I look." }] },
  { type: "function_call", call_id: expect.any(String), name: "weather", arguments: '{"city": "Paris"}' },
];

describe("responses", () => {
  it("have items of what is thought, said and called", async () => {
    await answering(TEXT);
    expect(await ask(wish)).toMatchObject({
      ...{ object: "response", status: "completed", output: OUTPUT, incomplete_details: null },
      usage: { output_tokens_details: { reasoning_tokens: expect.any(Number) } },
    });
  });

  it("stream each item from its start to its end", async () => {
    await answering(TEXT);
    const events = (await eventsOfNamed(await running.post("/v1/responses", { ...wish, stream: true }))) as {
      type: string;
      sequence_number: number;
      delta?: string;
      response?: object;
    }[];
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, i) => i));
    const joined = (type: string) =>
      events
        .filter((event) => event.type === type)
        .map(({ delta = "" }) => delta)
        .join("");
    expect(joined("response.output_text.delta")).toBe("I look.");
    expect(joined("response.reasoning_summary_text.delta")).toBe("Hm.");
    expect(joined("response.function_call_arguments.delta")).toBe('{"city": "Paris"}');
    const count = (type: string) => events.filter((event) => event.type === type).length;
    expect([count("response.output_item.added"), count("response.output_item.done")]).toEqual([3, 3]);
    expect(events.slice(0, 2).map(({ type }) => type)).toEqual(["response.created", "response.in_progress"]);
    expect(events.at(-1)).toMatchObject({ type: "response.completed", response: { output: OUTPUT } });
  });

  it("take a conversation as items", async () => {
    await answering("Yes.");
    const input = [
      { role: "user", content: [{ type: "input_text", text: "Rain?" }] },
      { type: "reasoning", summary: [], content: [{ type: "reasoning_text", text: "Hm." }] },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "I look." }] },
      { type: "function_call", call_id: "a", name: "weather", arguments: '{"city": "Paris"}' },
      { type: "function_call_output", call_id: "a", output: "rain" },
    ];
    const prompt = `<tool_call>system:Be kind.;user:Rain?;assistant:I look.{"city": "Paris"};tool:rain;${answerMark}`;
    const body = { ...wish, input, instructions: "Be kind." };
    const counted = await running.post("/v1/responses/input_tokens", body);
    expect(await counted.json()).toEqual({ object: "response.input_tokens", input_tokens: prompt.length });
    expect(await ask({ ...body, max_output_tokens: 2 })).toMatchObject({
      ...{
        status: "incomplete",
        incomplete_details: { reason: "max_output_tokens" },
        instructions: "Be kind.",
      },
      output: [{ content: [{ text: "Ye" }] }],
    });
  });

  it.each([
    [{}, "input: expected a text, or a list of items"],
    [{ input: [{ type: "image" }] }, "input: expected a message"],
    [{ input: "a", previous_response_id: "b" }, "nothing is stored here"],
    [{ input: "a", text: { format: { type: "xml" } } }, "text.format.type: expected text"],
    [{ input: "a", tool_choice: "required" }, "tool_choice: expected"],
  ])("are refused: %j", async (body, message) => {
    await answering("");
    expect(await ask(body)).toMatchObject({ error: { message: expect.stringContaining(message) } });
  });
});

/** Each event's name is the type in its data. */
async function eventsOfNamed(response: Response): Promise<unknown[]> {
  const frames = (await response.text()).trim().split("\n\n");
  for (const frame of frames) {
    const [, event, type] = /^event: (\S+)\ndata: \{"type":"([^"]+)"/.exec(frame) ?? [];
    expect(event).toBe(type);
  }
  const plain = frames.map((frame) => frame.replace(/^event: .*\n/, "")).join("\n\n");
  return await eventsOf(new Response(`${plain}\n\n`));
}

import { afterEach, describe, expect, it } from "vitest";
import { ChatTemplate } from "../../src/chat/template/chat-template.ts";
import { answerMark, recitingModel } from "./reciting-model.ts";
import { eventsOf, type Running, serve } from "./running-server.ts";

const template = new ChatTemplate(
  `{% if tools %}{{ tools | tojson }} <tool_call>{% endif %}{% for m in messages %}{{ m.role }}:{{ m.content }}{% for c in m.tool_calls or [] %}{{ c.function.name }}{{ c.function.arguments | tojson }}{% endfor %};{% endfor %}${answerMark}`,
  "chat.jinja",
);
const TEXT =
  '<think>Hm.</think>I look.\n<tool_call>\n{"name": "weather", "arguments": {"city": "Zürich", "days": 1.0}}\n</tool_call>';
const tools = [{ type: "function", function: { name: "weather", parameters: { type: "object" } } }];
const messages = [{ role: "user", content: "Rain?" }];
const CALL = { name: "weather", arguments: '{"city": "Zürich", "days": 1.0}' };
const PATH = "/v1/chat/completions";

interface Delta {
  readonly content?: string;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly object[];
}

let running: Running | undefined;
afterEach(async () => {
  await running?.server.close(0);
});

async function answering(text: string) {
  running = await serve(recitingModel(text), {}, { template });
  const { post } = running;
  return async (body: object) =>
    (await (await post(PATH, { temperature: 0, messages, ...body })).json()) as never;
}

it("a form holds what comes after the reasoning", async () => {
  const thinking = new ChatTemplate(`{% if false %}</think>{% endif %}${answerMark}`, "chat.jinja");
  running = await serve(recitingModel('<think>Hm {"a": 7}.</think>\n{"a": 12}'), {}, { template: thinking });
  const schema = { type: "object", properties: { a: { type: "integer" } }, required: ["a"] };
  const form = { type: "json_schema", json_schema: { name: "a", schema } };
  const reply = await running.post(PATH, { temperature: 0, messages, response_format: form });
  expect(await reply.json()).toMatchObject({
    choices: [{ message: { content: '\n{"a": 12}', reasoning_content: 'Hm {"a": 7}.' } }],
  });
});

describe("tools", () => {
  it("are in the prompt, and calls in the answer are calls of the reply", async () => {
    const ask = await answering(TEXT);
    const { choices, usage } = (await ask({ tools })) as Record<string, never>;
    expect(choices).toEqual([
      {
        index: 0,
        message: {
          ...{ role: "assistant", content: "I look.\n", refusal: null, reasoning_content: "Hm." },
          tool_calls: [{ id: expect.stringMatching(/^[0-9a-f]{9}$/), type: "function", function: CALL }],
        },
        logprobs: null,
        finish_reason: "tool_calls",
      },
    ]);
    expect(usage).toMatchObject({ completion_tokens_details: { reasoning_tokens: 11 } });
  });

  it("come in deltas: the name first, then the arguments, with the same id as the whole reply", async () => {
    const ask = await answering(TEXT);
    const whole = (await ask({ tools })) as { choices: [{ message: { tool_calls: [{ id: string }] } }] };
    const [{ id }] = whole.choices[0].message.tool_calls;
    const wish = { temperature: 0, messages, tools, stream: true };
    const response = await (running as Running).post(PATH, wish);
    const events = (await eventsOf(response)).slice(0, -1) as { choices: [{ delta: Delta }] }[];
    const deltas = events.map(({ choices: [{ delta }] }) => delta);
    const joined = (field: "content" | "reasoning_content") =>
      deltas.map((delta) => delta[field] ?? "").join("");
    expect([joined("content"), joined("reasoning_content")]).toEqual(["I look.\n", "Hm."]);
    expect(deltas.flatMap((delta) => delta.tool_calls ?? [])).toEqual([
      { index: 0, id, type: "function", function: { ...CALL, arguments: "" } },
      { index: 0, function: { arguments: CALL.arguments } },
    ]);
    expect(events.at(-1)?.choices[0]).toMatchObject({ finish_reason: "tool_calls" });
  });

  it("go back with their results: arguments as the model wrote them", async () => {
    const ask = await answering("Yes.");
    const history = [
      ...messages,
      { role: "assistant", content: null, tool_calls: [{ id: "1", type: "function", function: CALL }] },
      { role: "tool", tool_call_id: "1", content: "rain" },
    ];
    const reply = (await ask({ messages: history, tools })) as { usage: { prompt_tokens: number } };
    const prompt = `${JSON.stringify(tools).replaceAll(",", ", ").replaceAll(":", ": ")} <tool_call>user:Rain?;assistant:${"None"}weather${CALL.arguments};tool:rain;${answerMark}`;
    expect(reply).toMatchObject({ choices: [{ message: { content: "Yes." }, finish_reason: "stop" }] });
    expect(reply.usage.prompt_tokens).toBe(Buffer.byteLength(prompt));
  });

  it("have no part in an answer if the request says none, or offers none", async () => {
    const ask = await answering(TEXT);
    for (const body of [{ tools, tool_choice: "none" }, {}]) {
      const { choices } = (await ask(body)) as Record<string, never>;
      expect(choices).toMatchObject([
        { message: { content: TEXT.replace(/^.*<\/think>/, "") }, finish_reason: "stop" },
      ]);
    }
  });

  it("are called if the request says so, whatever the model would say", async () => {
    const ask = await answering("No.");
    const other = { type: "function", function: { name: "clock" } };
    for (const tool_choice of ["required", { type: "function", function: { name: "weather" } }]) {
      const reply = await ask({
        tools: tool_choice === "required" ? tools : [other, ...tools],
        tool_choice,
        max_tokens: 120,
      });
      expect(reply).toMatchObject({
        choices: [
          { message: { tool_calls: [{ function: { name: "weather" } }] }, finish_reason: "tool_calls" },
        ],
      });
    }
    for (const tool_choice of ["always", { type: "function", function: { name: "other" } }]) {
      expect(await ask({ tools, tool_choice })).toMatchObject({ error: { param: "tool_choice" } });
    }
    expect(await ask({ tool_choice: "required" })).toMatchObject({ error: { param: "tool_choice" } });
  });

  it("are called with arguments that keep their schema, and are refused if it cannot be kept", async () => {
    const ask = await answering('<think>So.</think>{"name": "none", "arguments": {"city": 7, "days": 99}}');
    const parameters = {
      type: "object",
      properties: { city: { enum: ["Rome", "Bern"] }, days: { type: "integer", minimum: 1, maximum: 7 } },
      required: ["city", "days"],
      additionalProperties: false,
    };
    const own = [{ type: "function", function: { name: "weather", parameters } }];
    const reply = (await ask({ tools: own, tool_choice: "required" })) as {
      choices: [{ message: { tool_calls: [{ function: { arguments: string } }] } }];
    };
    const [{ message }] = reply.choices;
    const given = JSON.parse(message.tool_calls[0].function.arguments);
    expect(["Rome", "Bern"]).toContain(given.city);
    expect([given.days >= 1, given.days <= 7, Object.keys(given)]).toEqual([true, true, ["city", "days"]]);
    const bad = { type: "function", function: { name: "weather", parameters: { $dynamicRef: "#a" } } };
    expect(await ask({ tools: [bad], tool_choice: "required" })).toMatchObject({
      error: {
        param: "tools",
        message: expect.stringContaining("the parameters of weather: the JSON schema at #"),
      },
    });
  });

  it("are called with arguments that keep the schema of a strict one, if the model calls any", async () => {
    const parameters = {
      type: "object",
      properties: { city: { enum: ["Rome", "Bern"] }, days: { type: "integer", maximum: 7 } },
      required: ["city", "days"],
      additionalProperties: false,
    };
    const strict = [{ type: "function", function: { name: "weather", parameters, strict: true } }];
    const ask = await answering(TEXT);
    const reply = (await ask({ tools: strict })) as {
      choices: [{ message: { content: string; tool_calls: [{ function: { arguments: string } }] } }];
    };
    const [{ message }] = reply.choices;
    expect(message.content).toMatch(/^I look\.\n/);
    const given = JSON.parse(message.tool_calls[0].function.arguments);
    expect([["Rome", "Bern"].includes(given.city), given.days <= 7]).toEqual([true, true]);
    const bad = { name: "weather", parameters: { $dynamicRef: "#a" }, strict: true };
    expect(await ask({ tools: [{ type: "function", function: bad }] })).toMatchObject({
      error: {
        param: "tools",
        message: expect.stringContaining("the parameters of weather: the JSON schema at #"),
      },
    });
    expect(await ask({ tools: [{ type: "function", function: { ...bad, strict: false } }] })).toMatchObject({
      choices: [{ message: { tool_calls: [{ function: CALL }] } }],
    });
  });

  it("are refused if they are no functions", async () => {
    const ask = await answering(TEXT);
    expect(await ask({ tools: [{ type: "function", function: {} }] })).toMatchObject({
      error: { param: "tools", message: expect.stringContaining("a function with a name") },
    });
  });

  it("have objects as arguments in ollama's words, and what the model thinks apart", async () => {
    await answering(TEXT);
    const { post } = running as Running;
    const wish = { messages, tools, options: { temperature: 0 } };
    const whole = await (await post("/api/chat", { ...wish, stream: false })).json();
    expect(whole).toMatchObject({
      message: {
        ...{ content: "I look.\n", thinking: "Hm." },
        tool_calls: [{ function: { name: "weather", arguments: { city: "Zürich", days: 1 } } }],
      },
      done_reason: "stop",
    });
    const lines = (await (await post("/api/chat", wish)).text()).trim().split("\n");
    const parts = lines.map((line) => JSON.parse(line).message);
    expect(parts.flatMap(({ tool_calls: calls }) => calls ?? [])).toHaveLength(1);
    expect(parts.map(({ thinking }) => thinking ?? "").join("")).toBe("Hm.");
  });
});

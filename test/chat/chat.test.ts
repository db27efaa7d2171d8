import { describe, expect, it } from "vitest";
import { Chat } from "../../src/chat/chat.ts";
import { messageLines, parseMessageLines } from "../../src/chat/messages-file.ts";
import { ChatPrompts } from "../../src/chat/template/chat-prompts.ts";
import { ChatTemplate } from "../../src/chat/template/chat-template.ts";
import { Tools } from "../../src/chat/tools/tools.ts";
import { answerMark, recitingModel } from "../server/reciting-model.ts";
import { greedy, scriptedModel } from "./scripted-model.ts";

const PLAIN = "{% for m in messages %}{{ m.content }}{% endfor %}";

function begin(contextSize?: number, maxTokens = 3) {
  const { model } = scriptedModel(contextSize);
  const prompts = new ChatPrompts(new ChatTemplate(PLAIN, "t"), model.tokenizer);
  const chat = new Chat(model, prompts, { ...greedy, maxTokens, seed: 5 });
  const dropped: number[] = [];
  const signal = new AbortController().signal;
  const listener = {
    signal,
    onParts: async () => {},
    onDropped: (count: number) => void dropped.push(count),
  };
  const say = (text: string) => chat.say(text, listener);
  const again = () => chat.regenerate(listener);
  return { chat, say, again, dropped };
}

describe("Chat", () => {
  it("answers messages, and runs only what is new", async () => {
    const { chat, say } = begin();
    const first = await say("Once");
    expect(first.text).toBe(" upon a time");
    const second = await say(", the");
    expect(second.text).toMatch(/^ (?:dog|cat) sat\.$/);
    expect(second.reusedTokens).toBeGreaterThanOrEqual(3);
    expect(chat.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant"]);
    expect(chat.options.seed).toBe(7);
    expect(chat.cached).toBeGreaterThan(0);
    expect(chat.last).toBe(second);
  });

  it("takes turns back, and answers again", async () => {
    const { chat, say, again } = begin();
    await say("Once");
    const { text } = await again();
    expect(text).toBe(" upon a time");
    expect(chat.messages).toHaveLength(2);
    chat.undo();
    expect(chat.messages).toEqual([]);
    expect(() => chat.undo()).toThrow("no turn yet");
    await expect(again()).rejects.toThrow("no turn yet");
  });

  it("keeps the system prompt first, and takes one from saved messages", () => {
    const { chat } = begin();
    chat.restore([
      { role: "system", content: "S" },
      { role: "user", content: "U" },
    ]);
    expect(chat.system).toBe("S");
    expect(chat.messages).toEqual([{ role: "user", content: "U" }]);
    expect(chat.promptOf().pieces()).toEqual([
      { text: "S", origin: "system" },
      { text: "U", origin: "user" },
    ]);
  });

  it("leaves the oldest turns out when the context is full, and says so", async () => {
    const { chat, say, dropped } = begin(12);
    await say("Once");
    await say("Once");
    expect(dropped).toEqual([]);
    await say("Once upon a time");
    expect(dropped).toEqual([2]);
    expect(chat.messages).toHaveLength(6);
    await expect(say("Once upon".repeat(8))).rejects.toThrow("the context holds 12");
    expect(chat.messages).toHaveLength(6);
  });

  it("gives the model the results of its calls", async () => {
    const call = '<tool_call>{"name": "weather", "arguments": {}}</tool_call>';
    const model = recitingModel(call);
    const source = `{{ tools | tojson }}{% for m in messages %}{{ m.role }}{{ m.content }}{% endfor %}<tool_call>${answerMark}`;
    const prompts = new ChatPrompts(new ChatTemplate(source, "t"), model.tokenizer);
    const tools = new Tools([new Map([["function", new Map([["name", "weather"]])]])]);
    await using chat = new Chat(model, prompts, { temperature: 0 }, undefined, tools);
    const kinds: string[] = [];
    const listener = {
      signal: new AbortController().signal,
      onParts: async (parts: readonly { kind: string }[]) =>
        void kinds.push(...parts.map(({ kind }) => kind)),
      onDropped: () => {},
    };
    await chat.say("Rain?", listener);
    const [asked] = chat.calls;
    expect(asked?.function).toEqual({ name: "weather", arguments: "{}" });
    await chat.report(
      chat.calls.map((call) => ({ call, content: "rain" })),
      listener,
    );
    expect(kinds).toEqual(["call", "call"]);
    expect(chat.messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "assistant"]);
    expect(chat.messages[2]).toMatchObject({ tool_call_id: asked?.id, name: "weather", content: "rain" });
    expect(chat.calls[0]?.id).not.toBe(asked?.id);
    expect(parseMessageLines(messageLines(chat.messages), "f")).toEqual(chat.messages);
  });
});

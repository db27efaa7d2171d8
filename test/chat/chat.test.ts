import { describe, expect, it } from "vitest";
import { Chat } from "../../src/chat/chat.ts";
import { ChatPrompts } from "../../src/chat/template/chat-prompts.ts";
import { ChatTemplate } from "../../src/chat/template/chat-template.ts";
import { greedy, scriptedModel } from "./scripted-model.ts";

const PLAIN = "{% for m in messages %}{{ m.content }}{% endfor %}";

function begin(contextSize?: number, maxTokens = 3) {
  const { model } = scriptedModel(contextSize);
  const prompts = new ChatPrompts(new ChatTemplate(PLAIN, "t"), model.tokenizer);
  const chat = new Chat(model, prompts, { ...greedy, maxTokens, seed: 5 });
  const dropped: number[] = [];
  const signal = new AbortController().signal;
  const say = (text: string) =>
    chat.say(text, { signal, onText: async () => {} }, (count) => dropped.push(count));
  const again = () => chat.regenerate({ signal, onText: async () => {} }, (count) => dropped.push(count));
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
});

import { beforeAll, describe, expect, it } from "vitest";
import { parseExactJson } from "../../../src/chat/jinja/values/json-values.ts";
import { ChatPrompts } from "../../../src/chat/template/chat-prompts.ts";
import { ChatTemplate } from "../../../src/chat/template/chat-template.ts";
import type { PipelineTokenizer } from "../../../src/tokenizer/index.ts";
import { chatTokenizer } from "../../fixtures/chat/chat-tokenizer.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const place = temporaryFolder();

describe("ChatPrompts", () => {
  let tokenizer: PipelineTokenizer;
  beforeAll(async () => {
    tokenizer = await chatTokenizer(place("model"));
  });
  const prompts = (source: string) => new ChatPrompts(new ChatTemplate(source, "t"), tokenizer);
  const all = (turn: string) => `{% for m in messages %}${turn}{% endfor %}`;

  it.each([
    ["<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>", ["<|im_end|>"]],
    ["{{ m.role }}: {{ m.content | upper | lower }}\n<|endoftext|>", ["<|endoftext|>"]],
    ["{{ m.role }}: {{ m.content }}\n", []],
    ["{% if m.role != 'user' %}{{ raise_exception('no') }}{% endif %}", []],
  ])("knows what ends a turn of %s", (turn, ends) => {
    expect(prompts(all(turn)).endOfTurn).toEqual(ends);
  });

  it("renders messages, and messages with any fields", () => {
    const chat = prompts(all("{{ m.content }}{{ m.extra }}{{ tools }}"));
    expect(chat.render([{ role: "user", content: "a" }]).text).toBe("a");
    const messages = parseExactJson('[{"role": "user", "content": "a", "extra": 1.0}]');
    expect(chat.renderJson(messages, { tools: [1n] }).text).toBe("a1.0[1]");
  });

  it("keeps its date", async () => {
    const chat = prompts("{{ strftime_now('%H:%M:%S %f') }}");
    const first = chat.render([]).text;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(chat.render([]).text).toBe(first);
  });
});

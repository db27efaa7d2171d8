import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { ChatTemplate } from "../../../src/chat/template/chat-template.ts";
import { CHATML } from "../../../src/chat/template/chatml.ts";
import { DialogueIds } from "../../../src/chat/template/dialogue-ids.ts";
import { PromptReader } from "../../../src/chat/template/written-prompt.ts";
import type { Messages } from "../../../src/files/written.ts";
import type { PipelineTokenizer } from "../../../src/tokenizer/index.ts";
import { chatTokenizer } from "../../fixtures/chat/chat-tokenizer.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { describeWithShared, shared } from "../../shared.ts";

const file = temporaryFolder();
const user = (content: string) => ({ role: "user", content });
const assistant = (content: string) => ({ role: "assistant", content });
const talk = [user("Who <|im_end|>?"), assistant("Lily"), user("And?"), assistant("Tim<|im_end|>")];

let tokenizer: PipelineTokenizer;
beforeAll(async () => {
  tokenizer = await chatTokenizer(file("model"));
});

const idsOf = (template: ChatTemplate) => new DialogueIds(template, tokenizer);
const learned = (template: ChatTemplate, messages: Messages) =>
  idsOf(template)
    .partsOf({ messages, place: "here" })
    .flatMap(({ text, learned }) => (learned ? [text] : []));

describe("DialogueIds", () => {
  it("learns answers with what ends them, and reads the rest", () => {
    // The tokenizer has a token of <|im_end|> with the line feed.
    expect(learned(CHATML, talk)).toEqual(["Lily<|im_end|>\n", "Tim<|im_end|><|im_end|>\n"]);
    const parts = idsOf(CHATML).partsOf({ messages: talk, place: "here" });
    // What messages spell is text: each answer has one control token, at its end.
    for (const { ids } of parts.filter(({ learned }) => learned)) {
      expect(ids.findIndex((id) => tokenizer.isSpecial(id))).toBe(ids.length - 1);
    }
    expect(parts.map(({ text }) => text).join("")).toBe(
      "<|im_start|>user\nWho <|im_end|>?<|im_end|>\n<|im_start|>assistant\nLily<|im_end|>\n" +
        "<|im_start|>user\nAnd?<|im_end|>\n<|im_start|>assistant\nTim<|im_end|><|im_end|>\n",
    );
  });

  it("learns a completion alone, where the line says so", () => {
    const parts = idsOf(CHATML).partsOf({ messages: talk.slice(0, 3), completion: talk.slice(3), place: "" });
    expect(parts.map(({ learned }) => learned)).toEqual([false, true]);
    expect(parts[1]?.text).toBe("Tim<|im_end|><|im_end|>\n");
  });

  it("gives completions that follow the prompt a model answers", () => {
    const ids = idsOf(CHATML);
    const prompt = ids.prompt([user("Who?")], "here");
    expect(prompt.text).toBe("<|im_start|>user\nWho?<|im_end|>\n<|im_start|>assistant\n");
    const completion = ids.completion([user("Who?")], [assistant("Lily")], "here");
    expect(tokenizer.decode([...prompt.ids, ...completion])).toBe(`${prompt.text}Lily<|im_end|>\n`);
    expect(ids.whole([user("Who?"), assistant("Lily")], "here").length).toBe(
      prompt.ids.length + completion.length,
    );
  });

  it("ends a completion with the token that ends texts, if the template has none", () => {
    const plain = new ChatTemplate("{% for m in messages %}{{ m.content }} {% endfor %}", "t");
    const [end] = tokenizer.endOfTextIds;
    expect(
      idsOf(plain)
        .completion([user("a")], [assistant("b")], "here")
        .at(-1),
    ).toBe(end);
    expect(idsOf(CHATML).completion([user("a")], [assistant("b")], "here")).not.toContain(end);
  });

  it("begins an answer where a template leaves out what it ends prompts with", () => {
    const thinks = new ChatTemplate(
      "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>{% endfor %}" +
        "{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n{% endif %}",
      "t",
    );
    const prompt = [user("Who?"), assistant("Lily"), user("And?")];
    expect(idsOf(thinks).prompt(prompt, "here").text).toMatch(/And\?<\|im_end\|><\|im_start\|>assistant\n$/);
    expect(learned(thinks, talk)).toEqual(["Lily<|im_end|>", "Tim<|im_end|><|im_end|>"]);
    expect(tokenizer.decode(idsOf(thinks).completion(prompt, [assistant("Tim")], ""))).toBe("Tim<|im_end|>");
  });

  it("learns the marks of calls with the answer that makes them", () => {
    const calls = new ChatTemplate(
      "{% for m in messages %}<|im_start|>{{ m.role }}\n{% for c in m.tool_calls %}<tool_call>{{ c.name }}{% endfor %}" +
        "{{ m.content }}<|im_end|>{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
      "t",
    );
    const call = { role: "assistant", content: "", tool_calls: [{ name: "find" }] };
    expect(
      learned(calls, [user("Where?"), call, { role: "tool", content: "here" }, assistant("Here")]),
    ).toEqual(["<tool_call>find<|im_end|>", "Here<|im_end|>"]);
  });

  it.each([
    ["{{ raise_exception('users only') }}", /^line 3: t, line 1: refuses these messages: users only/],
    ["{{ messages[0].content }}", /^line 3: the chat template writes nothing of the assistant/],
  ])("names the line whose messages do not fit %s", (source, message) => {
    const dialogues = idsOf(new ChatTemplate(source, "t"));
    expect(() => dialogues.partsOf({ messages: talk, place: "line 3" })).toThrow(message);
  });

  it("refuses a template that writes the prompt otherwise when an answer follows", () => {
    const counting = new ChatTemplate(
      "{{ messages | length }}{% for m in messages %}{{ m.content }}{% endfor %}",
      "t",
    );
    const complete = () => idsOf(counting).completion(talk.slice(0, 1), talk.slice(1), "line 3");
    expect(complete).toThrow(/^line 3: the chat template writes the prompt otherwise/);
  });

  it("reads texts beside messages", () => {
    const reader = new PromptReader(tokenizer, idsOf(CHATML));
    const text = reader.read("Once", "here");
    expect(tokenizer.decode(text.completion(" upon"))).toMatch(/^ upon/);
    const asked = reader.read([user("Once")], "here");
    expect(asked.completion("upon")).toEqual(asked.completion([assistant("upon")]));
  });
});

describeWithShared("templates of models", () => {
  const templates = ["Qwen-Qwen2.5-7B-Instruct", "meta-llama-Llama-3.1-8B-Instruct", "google-gemma-2-2b-it"];
  const others = ["mistralai-Mistral-Nemo-Instruct-2407", "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B"];

  it.each([...templates, ...others])("%s has two answers to learn, and completions of prompts", (name) => {
    const source = readFileSync(shared(`templates/${name}.jinja`), "utf8");
    const template = new ChatTemplate(source, name, new Map([["eos_token", "<|endoftext|>"]]));
    const [first, second, ...rest] = learned(template, talk);
    expect(rest).toEqual([]);
    expect(first).toMatch(/^ ?Lily/);
    expect(second).toMatch(/^ ?Tim/);
    const ids = idsOf(template);
    const prompt = ids.prompt(talk.slice(0, 3), "here");
    const completion = ids.completion(talk.slice(0, 3), talk.slice(3), "here");
    expect(tokenizer.decode([...prompt.ids, ...completion])).toContain(`${prompt.text}`);
    expect(tokenizer.decode(completion)).toMatch(/^ ?Tim/);
  });
});

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { parseExactJson } from "../../../src/chat/jinja/values/json-values.ts";
import { chatTemplateOf } from "../../../src/chat/template/stored-templates.ts";
import { writeGguf } from "../../fixtures/gguf-writer.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const HELLO = parseExactJson('[{"role": "user", "content": "Hi"}]');

const place = temporaryFolder();
let count = 0;

describe("chatTemplateOf", () => {
  let directory: string;
  beforeEach(() => {
    directory = place(String(count++));
    mkdirSync(directory);
  });
  const write = (name: string, value: unknown) =>
    writeFileSync(join(directory, name), typeof value === "string" ? value : JSON.stringify(value));
  const rendered = async (...choice: [name?: string, hasTools?: boolean]) => {
    const [name, hasTools = false] = choice;
    return (await chatTemplateOf(directory, { name, hasTools }))?.render(HELLO).text;
  };

  it("is undefined for a model that was not trained to chat", async () => {
    write("tokenizer_config.json", { bos_token: "<s>" });
    expect(await rendered()).toBeUndefined();
  });

  it("reads a text in tokenizer_config.json, with the special tokens", async () => {
    write("tokenizer_config.json", {
      bos_token: { content: "<s>", lstrip: false },
      eos_token: "</s>",
      chat_template: "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}{{ pad_token is defined }}",
    });
    expect(await rendered()).toBe("<s>Hi</s>False");
  });

  it("reads templates with names, and takes the one for tools", async () => {
    const chat_template = [
      { name: "default", template: "D" },
      { name: "tool_use", template: "T" },
      { name: "rag", template: "R" },
    ];
    write("tokenizer_config.json", { chat_template });
    expect(await rendered()).toBe("D");
    expect(await rendered(undefined, true)).toBe("T");
    expect(await rendered("rag")).toBe("R");
    await expect(rendered("none")).rejects.toThrow(
      'has no chat template "none", it has "default", "tool_use", "rag"',
    );
  });

  it("prefers files of their own", async () => {
    write("tokenizer_config.json", { chat_template: "old" });
    write("chat_template.jinja", "new");
    mkdirSync(join(directory, "additional_chat_templates"));
    write("additional_chat_templates/tool_use.jinja", "with tools");
    expect(await rendered()).toBe("new");
    expect(await rendered("tool_use")).toBe("with tools");
  });

  it.each([5, ["a"], [{ name: "x" }]])("refuses %j", async (chat_template) => {
    write("tokenizer_config.json", { chat_template });
    await expect(rendered()).rejects.toThrow("chat_template");
  });

  it("reads those of a GGUF file, with its special tokens", async () => {
    const path = place("model.gguf");
    writeGguf(path, {
      "general.architecture": "gpt2",
      "tokenizer.ggml.tokens": ["<s>", "</s>", "a"],
      "tokenizer.ggml.bos_token_id": 0,
      "tokenizer.ggml.eos_token_id": 1,
      "tokenizer.chat_template":
        "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}{{ pad_token is defined }}",
      "tokenizer.chat_template.tool_use": "tools for {{ messages[0].content }}",
    });
    expect((await chatTemplateOf(path))?.render(HELLO).text).toBe("<s>Hi</s>False");
    expect((await chatTemplateOf(path, { hasTools: true }))?.render(HELLO).text).toBe("tools for Hi");
    await expect(chatTemplateOf(path, { name: "rag" })).rejects.toThrow('has no chat template "rag"');
  });
});

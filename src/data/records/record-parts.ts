/** A record of training data -> parts that a model reads and parts that it learns to write. */

import { invalidFile } from "../../files/invalid-file.ts";
import type { JsonFields } from "../../files/json-fields.ts";
import type { Part } from "../document-chunk.ts";

const ROLES = ["system", "developer", "user", "assistant", "tool"];

/**
 * A model learns all of `{"text"}`, the completion of `{"prompt", "completion"}`, and the assistant's
 * messages of `{"messages": [{"role", "content"}]}`. Other fields are ignored.
 * @throws GptError `invalid-file` for a record with none of these shapes, or with several
 */
export function recordParts(record: JsonFields): Part[] {
  const shapes = ["text", "prompt", "messages"].filter((name) => record.get(name) !== undefined);
  if (shapes.length !== 1) {
    const found = shapes.length === 0 ? "none of them" : shapes.join(" and ");
    throw invalidFile(record.file, `expected text, or prompt and completion, or messages; found ${found}`);
  }
  switch (shapes[0]) {
    case "text":
      return [{ text: record.string("text"), learned: true, markup: false }];
    case "prompt":
      return [
        { text: record.string("prompt"), learned: false, markup: false },
        { text: record.string("completion"), learned: true, markup: false },
      ];
    default:
      return conversation(record);
  }
}

/**
 * ChatML, `<|im_start|>user\n...<|im_end|>\n`, the format of llama.cpp for a model without a template. Its
 * marks are control tokens if the tokenizer has them, else text.
 */
function conversation(record: JsonFields): Part[] {
  const messages = record.objects("messages").map((message) => {
    const role = message.string("role");
    if (!ROLES.includes(role)) message.fail("role", ROLES.join(", "));
    return { role, content: message.string("content") };
  });
  if (!messages.some(({ role }) => role === "assistant")) {
    record.fail(
      "messages",
      "one of an assistant: there is nothing to learn",
      messages.map(({ role }) => role),
    );
  }
  return messages.flatMap(({ role, content }, index) => {
    const learned = role === "assistant";
    return [
      { text: `${index === 0 ? "" : "\n"}<|im_start|>${role}\n`, learned: false, markup: true },
      { text: content, learned, markup: false },
      { text: "<|im_end|>", learned, markup: true },
    ];
  });
}

/** A record of training data -> what a model reads and what it learns to write. */
import { invalidFile } from "../../files/invalid-file.ts";
import type { JsonFields } from "../../files/json-fields.ts";
import { asMessages, messagesIn } from "../../files/written.ts";
import type { Dialogue, DocumentChunk } from "../document-chunk.ts";
import { completionIn } from "../preferences.ts";

/**
 * A model learns all of `{"text"}`, the completion of `{"prompt", "completion"}`, and the assistant's
 * messages of `{"messages": [{"role", "content"}]}`. Prompt and completion may be messages, too. Other fields
 * are ignored.
 * @throws GptError `invalid-file` for a record with none of these shapes, or with several
 */
export function documentOf(record: JsonFields): DocumentChunk | Dialogue {
  const shapes = ["text", "prompt", "messages"].filter((name) => record.get(name) !== undefined);
  if (shapes.length !== 1) {
    const found = shapes.length === 0 ? "none of them" : shapes.join(" and ");
    throw invalidFile(record.file, `expected text, or prompt and completion, or messages; found ${found}`);
  }
  switch (shapes[0]) {
    case "text":
      return whole({ text: record.string("text"), learned: true, markup: false });
    case "prompt":
      return completed(record);
    default:
      return conversation(record);
  }
}

const whole = (...parts: DocumentChunk["parts"]): DocumentChunk => ({ parts, starts: true, ends: true });

function completed(record: JsonFields): DocumentChunk | Dialogue {
  const { prompt, completion } = completionIn(record);
  if (typeof prompt === "string" && typeof completion === "string") {
    return whole(
      { text: prompt, learned: false, markup: false },
      { text: completion, learned: true, markup: false },
    );
  }
  return {
    messages: asMessages(prompt, "user"),
    completion: asMessages(completion, "assistant"),
    place: record.file,
  };
}

function conversation(record: JsonFields): Dialogue {
  const messages = messagesIn(record, "messages");
  const roles = messages.map(({ role }) => role);
  if (!roles.includes("assistant"))
    record.fail("messages", "one of an assistant: there is nothing to learn", roles);
  return { messages, place: record.file };
}

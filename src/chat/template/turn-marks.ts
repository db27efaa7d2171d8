/** What a chat template writes around an answer. */
import { GptError } from "../../errors.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import { SCAFFOLD } from "../jinja/values/marked-text.ts";
import type { ChatTemplate, RenderOptions } from "./chat-template.ts";

export interface TurnMarks {
  /** The control token after an answer, which ends it. Empty for a template without one. */
  readonly end: readonly string[];
  /** What stands behind an answer, up to that token; all of it without one. */
  readonly close: string;
  /** What a prompt ends with, from the last message on. */
  readonly open: string;
  /** Whether a conversation with an answer begins as the prompt before it ends. */
  readonly isContinued: boolean;
}

const NONE: TurnMarks = { end: [], close: "", open: "", isContinued: true };
const ANSWER = "answer";

/**
 * The first control token of the scaffold behind an answer ends it. Files of models often name another token
 * that ends texts.
 */
export function turnMarks(template: ChatTemplate, tokenizer: Tokenizer, options: RenderOptions): TurnMarks {
  const [question, answer] = [
    { role: "user", content: "question" },
    { role: "assistant", content: ANSWER },
  ].map((message) => new Map(Object.entries(message))) as [Map<string, string>, Map<string, string>];
  try {
    const render = (messages: readonly Map<string, string>[], addGenerationPrompt: boolean) =>
      template.render(messages, { ...options, addGenerationPrompt });
    const pieces = render([question, answer], false).pieces();
    const place = pieces.findLastIndex(({ text, origin }) => origin !== SCAFFOLD && text.includes(ANSWER));
    const after = pieces
      .slice(place + 1)
      .map(({ text }) => text)
      .join("");
    const id = tokenizer.encode(after, { parseSpecial: true }).find((id) => tokenizer.isSpecial(id));
    const end = id === undefined ? undefined : tokenizer.decode([id]);
    const [asked, prompt] = [render([question], false).text, render([question], true).text];
    return {
      end: end === undefined ? [] : [end],
      close: end === undefined ? after : after.slice(0, after.indexOf(end) + end.length),
      open: prompt.startsWith(asked) ? prompt.slice(asked.length) : "",
      isContinued: pieces
        .map(({ text }) => text)
        .join("")
        .startsWith(prompt),
    };
  } catch (error) {
    if (error instanceof GptError) return NONE; // it refuses these messages; others may be right
    throw error;
  }
}

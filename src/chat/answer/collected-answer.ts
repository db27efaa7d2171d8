/** An answer that is collected while it is written: the parts of a message. */
import { createHash } from "node:crypto";
import type { GeneratedToken } from "../../generate/options/options.ts";
import type { ChatMessage, MessageCall } from "../template/messages.ts";
import type { AnswerPart, ToolCall } from "./answer-part.ts";
import type { AnswerTokens } from "./read-answer.ts";

export class CollectedAnswer {
  readonly #reader: AnswerTokens;
  readonly #question: readonly unknown[];
  readonly #texts = { text: "", reasoning: "" };
  readonly #calls: MessageCall[] = [];
  #reasoningTokens = 0;

  /** @param question tells answers apart: the ids of the prompt, and the number among several answers */
  constructor(reader: AnswerTokens, ...question: readonly unknown[]) {
    this.#reader = reader;
    this.#question = question;
  }

  get calls(): readonly MessageCall[] {
    return this.#calls;
  }

  get reasoningTokens(): number {
    return this.#reasoningTokens;
  }

  /** An answer that only calls functions may have an empty content. */
  get message(): ChatMessage {
    const { text, reasoning } = this.#texts;
    const calls = this.#calls;
    return {
      ...{ role: "assistant", content: calls.length > 0 && text.trim() === "" ? "" : text },
      ...(reasoning !== "" && { reasoning_content: reasoning }),
      ...(calls.length > 0 && { tool_calls: calls }),
    };
  }

  push(token: GeneratedToken): readonly AnswerPart[] {
    if (this.#reader.isReasoning) this.#reasoningTokens++;
    return this.#take(this.#reader.push(token));
  }

  flush(): readonly AnswerPart[] {
    return this.#take(this.#reader.flush());
  }

  #take(parts: readonly AnswerPart[]): readonly AnswerPart[] {
    for (const part of parts) {
      if (part.kind === "call") this.#calls.push(this.#messageCall(part.call));
      else this.#texts[part.kind] += part.text;
    }
    return parts;
  }

  /** The id is nine letters and digits, as Mistral's templates want, and the same for the same question. */
  #messageCall({ name, arguments: text }: ToolCall): MessageCall {
    const facts = JSON.stringify([...this.#question, this.#calls.length]);
    const id = createHash("sha256").update(facts).digest("hex").slice(0, 9);
    return { id, type: "function", function: { name, arguments: text } };
  }
}

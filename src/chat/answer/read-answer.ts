/** What takes apart the answers of a model: its chat template says how it writes them. */
import type { GeneratedToken } from "../../generate/options/options.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import { callFormatOf } from "../tools/call-formats.ts";
import { isJsonObjectText } from "../tools/json-calls.ts";
import type { Tools } from "../tools/tools.ts";
import type { AnswerPart, AnswerReader } from "./answer-part.ts";
import { isChannelled } from "./answer-structure.ts";
import { ChannelAnswer } from "./channel-answer.ts";
import { TaggedAnswer } from "./tagged-answer.ts";

const CHANNEL = "<|channel|>";
const CHANNEL_CALL = "<|call|>";

/** Whether answers to prompts of this template can hold calls. */
export const canCall = (template: string): boolean =>
  template.includes(CHANNEL) || callFormatOf(template) !== undefined;

/** Control tokens that end an answer which calls functions. */
export const callEnds = (template: string): readonly string[] =>
  template.includes(CHANNEL) ? [CHANNEL_CALL] : (callFormatOf(template)?.ends ?? []);

export interface AnswerContext {
  /** The source of the chat template. */
  readonly template: string;
  /** The rendered prompt of the answer. */
  readonly prompt: string;
  readonly tools: Tools | undefined;
  readonly ends: readonly string[];
}

/** Takes apart the tokens of one answer. */
export class AnswerTokens {
  readonly #reader: AnswerReader;
  readonly #tokenizer: Tokenizer;

  constructor({ template, prompt, tools, ends }: AnswerContext, tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
    const isControl = (text: string) => tokenizer.controlTokenId(text) !== undefined;
    const calls = tools && callFormatOf(template);
    this.#reader = isChannelled({ template, isControl })
      ? new ChannelAnswer(tools?.names ?? new Set(), isJsonObjectText)
      : new TaggedAnswer(prompt, {
          ...{ calls, isControl, ends },
          ...(tools && calls && { parse: (body: string) => calls.parse(body, tools) }),
        });
  }

  /** Whether the next token is reasoning. */
  get isReasoning(): boolean {
    return this.#reader.isReasoning;
  }

  push({ id, text }: Pick<GeneratedToken, "id" | "text">): AnswerPart[] {
    const tokenizer = this.#tokenizer;
    if (id < tokenizer.vocabSize && tokenizer.isSpecial(id)) {
      return this.#reader.control(Buffer.from(tokenizer.bytes(id)).toString());
    }
    return text === "" ? [] : this.#reader.push(text);
  }

  flush(): AnswerPart[] {
    return this.#reader.flush();
  }
}

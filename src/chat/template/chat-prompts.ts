/** Prompts of conversations with one model: its template, its tokenizer, and what ends a turn. */
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import { AnswerTokens, callEnds } from "../answer/read-answer.ts";
import type { ExactJson } from "../jinja/values/json-values.ts";
import type { MarkedText } from "../jinja/values/marked-text.ts";
import type { Tools } from "../tools/tools.ts";
import type { ChatTemplate, RenderOptions } from "./chat-template.ts";
import { type ChatMessage, messageJson, withParsedArguments } from "./messages.ts";
import { promptIdsOf } from "./prompt-ids.ts";
import { turnMarks } from "./turn-marks.ts";

export class ChatPrompts {
  readonly template: ChatTemplate;
  readonly #tokenizer: Tokenizer;
  readonly #options: RenderOptions;
  /** The control token after an answer, which ends it. Empty for a template without one. */
  readonly endOfTurn: readonly string[];

  /** @param options for every prompt. The date stays, so that a longer conversation begins alike */
  constructor(template: ChatTemplate, tokenizer: Tokenizer, options: RenderOptions = {}) {
    this.template = template;
    this.#tokenizer = tokenizer;
    this.#options = { date: new Date(), ...options };
    this.endOfTurn = turnMarks(template, tokenizer, this.#options).end;
  }

  render(messages: readonly ChatMessage[], options: RenderOptions = {}): MarkedText {
    return this.renderJson(messages.map(messageJson), options);
  }

  /** Messages with any fields, as a template takes them. */
  renderJson(messages: ExactJson, options: RenderOptions): MarkedText {
    return this.template.render(withParsedArguments(messages), { ...this.#options, ...options });
  }

  idsOf(prompt: MarkedText): readonly number[] {
    return promptIdsOf(this.#tokenizer, prompt);
  }

  /** Texts that end an answer, beside the tokens that end any text. */
  ends(tools: Tools | undefined): readonly string[] {
    const known = (text: string) => this.#tokenizer.controlTokenId(text) !== undefined;
    const own = tools === undefined ? [] : callEnds(this.template.source).filter(known);
    return [...new Set([...this.endOfTurn, ...own])];
  }

  /** Takes apart the answer to a prompt. */
  answerTo(prompt: MarkedText, tools?: Tools): AnswerTokens {
    const { source: template } = this.template;
    const context = { template, prompt: prompt.text, tools, ends: this.ends(tools) };
    return new AnswerTokens(context, this.#tokenizer);
  }
}

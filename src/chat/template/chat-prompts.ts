/** Prompts of conversations with one model: its template, its tokenizer, and what ends a turn. */
import type { Structure, StructurePart } from "../../constrain/notations/structure.ts";
import { notationOf } from "../../constrain/notations/table.ts";
import type { GenerateOptions } from "../../generate/options/options.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import {
  type AnswerPlace,
  answerStructure,
  callStructure,
  openStructure,
} from "../answer/answer-structure.ts";
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

  /**
   * Options of the answer to a prompt: a grammar holds what comes after the reasoning, and the arguments of
   * strict functions from where a call begins.
   */
  heldAnswer(prompt: MarkedText, options: GenerateOptions, tools?: Tools): GenerateOptions {
    const name = notationOf(options);
    if (name === "structure") return options;
    const given = name && ({ [name]: options[name] } as unknown as StructurePart);
    if (tools !== undefined && tools.strict.length > 0) {
      const open = openStructure(this.#placeOf(prompt), tools, given && [given]);
      if (open !== undefined) return heldTo(open, options);
    }
    if (given === undefined) return options;
    const structure = answerStructure(this.#placeOf(prompt), [given]);
    return structure.length === 1 ? options : heldTo(structure, options);
  }

  /**
   * An answer that calls one of some functions, with arguments that keep its schema.
   *
   * @returns undefined for a template without a form of calls
   */
  callStructure(prompt: MarkedText, tools: Tools, names: readonly string[]): Structure | undefined {
    return callStructure(this.#placeOf(prompt), tools, names);
  }

  /** Takes apart the answer to a prompt. */
  answerTo(prompt: MarkedText, tools?: Tools): AnswerTokens {
    const { source: template } = this.template;
    const context = { template, prompt: prompt.text, tools, ends: this.ends(tools) };
    return new AnswerTokens(context, this.#tokenizer);
  }

  #placeOf({ text: prompt }: MarkedText): AnswerPlace {
    const isControl = (text: string) => this.#tokenizer.controlTokenId(text) !== undefined;
    return { template: this.template.source, prompt, isControl };
  }
}

/** Options with this structure in place of the grammar that they give. */
export function heldTo(structure: Structure, options: GenerateOptions): GenerateOptions {
  const name = notationOf(options);
  return { ...options, ...(name && { [name]: undefined }), structure };
}

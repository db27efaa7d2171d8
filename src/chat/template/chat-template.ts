/**
 * The chat template of a model: turns messages into the prompt that the model was trained on
 * (https://huggingface.co/docs/transformers/chat_templating). The templates are Jinja's, run by our own
 * interpreter, because the prompt has to know which of its characters people wrote.
 */
import { GptError } from "../../errors.ts";
import { Template } from "../jinja/template.ts";
import { type ExactJson, valueFrom } from "../jinja/values/json-values.ts";
import { MarkedText, SCAFFOLD } from "../jinja/values/marked-text.ts";
import { TemplateError } from "../jinja/values/template-error.ts";
import { Dict, List, type Value } from "../jinja/values/values.ts";

export interface RenderOptions {
  /** Functions that the model may call, as JSON schemas. */
  readonly tools?: ExactJson | undefined;
  readonly documents?: ExactJson | undefined;
  /** Whether the prompt ends with the beginning of an answer. Default true. */
  readonly addGenerationPrompt?: boolean | undefined;
  /** Other variables of the template, such as `enable_thinking`. */
  readonly variables?: ReadonlyMap<string, ExactJson> | undefined;
  /** The date that the template writes. Default: now. */
  readonly date?: Date | undefined;
}

/** Their names are part of the scaffold: templates spell control tokens with them, as `<|user|>`. */
const ROLES: ReadonlySet<string> = new Set([
  "assistant",
  "developer",
  "documents",
  "function",
  "ipython",
  "model",
  "system",
  "tool",
  "user",
]);

export class ChatTemplate {
  readonly source: string;
  readonly #file: string;
  readonly #template: Template;
  readonly #tokens: ReadonlyMap<string, string>;

  /**
   * @param file what errors call it
   * @param tokens the texts of special tokens by their roles, such as `bos_token`
   * @throws GptError `invalid-file` for a text that is no template
   */
  constructor(source: string, file: string, tokens: ReadonlyMap<string, string> = new Map()) {
    this.source = source;
    this.#file = file;
    this.#tokens = tokens;
    this.#template = this.#explained(() => new Template(source));
  }

  /**
   * The prompt of a conversation.
   *
   * @param messages a list of objects with `role` and `content`
   * @throws GptError `usage` for other messages; `invalid-file` with the template's own words if it refuses
   *   them, or fails
   */
  render(messages: ExactJson, options: RenderOptions = {}): MarkedText {
    const {
      tools,
      documents,
      addGenerationPrompt = true,
      variables = new Map(),
      date = new Date(),
    } = options;
    const values = new Map<string, Value>();
    for (const [name, text] of this.#tokens) values.set(name, MarkedText.of(text));
    for (const [name, json] of variables) values.set(name, valueFrom(json, "variables"));
    values.set("messages", messageValues(messages));
    values.set("add_generation_prompt", addGenerationPrompt);
    if (tools !== undefined) values.set("tools", valueFrom(tools, "tools"));
    if (documents !== undefined) values.set("documents", valueFrom(documents, "documents"));
    return this.#explained(() => this.#template.render(values, date));
  }

  #explained<T>(use: () => T): T {
    try {
      return use();
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      const { fault, message, line } = error;
      const place = line === undefined ? "" : `, line ${line}`;
      const problem = fault === "refusal" ? `refuses these messages: ${message}` : message;
      throw new GptError("invalid-file", `${this.#file}${place}: ${problem}`);
    }
  }
}

/** Each text has the role of its message as its origin. */
function messageValues(messages: ExactJson): List {
  if (!Array.isArray(messages)) throw new GptError("usage", 'expected a list of messages: [{"role": ...}]');
  return new List(
    messages.map((message: ExactJson, index) => {
      const role = message instanceof Map ? message.get("role") : undefined;
      if (!(message instanceof Map) || typeof role !== "string") {
        throw new GptError(
          "usage",
          `message ${index + 1} has no "role": expected {"role": .., "content": ..}`,
        );
      }
      const isKnown = ROLES.has(role);
      const origin = isKnown ? role : "user";
      return new Dict(
        [...message].map(([key, value]) => {
          const isRole = key === "role" && isKnown;
          return [MarkedText.of(key, origin), valueFrom(value, isRole ? SCAFFOLD : origin)] as const;
        }),
      );
    }),
  );
}

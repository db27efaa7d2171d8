/** Messages of a request -> the prompt that the model's template makes of them, and what reads the answer. */
import type { AnswerTokens } from "../../chat/answer/read-answer.ts";
import { canCall } from "../../chat/answer/read-answer.ts";
import { type ExactJson, parseExactJson } from "../../chat/jinja/values/json-values.ts";
import type { MarkedText } from "../../chat/jinja/values/marked-text.ts";
import { type ChatPrompts, heldTo } from "../../chat/template/chat-prompts.ts";
import type { RenderOptions } from "../../chat/template/chat-template.ts";
import { Tools } from "../../chat/tools/tools.ts";
import type { Structure } from "../../constrain/notations/structure.ts";
import { constraintIn } from "../../constrain/notations/table.ts";
import { GptError } from "../../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../files/json.ts";
import type { GenerateOptions } from "../../generate/options/options.ts";
import type { RequestFields } from "../http/fields.ts";
import { RequestError } from "../http/request-error.ts";
import { unsupported } from "../sampling-fields.ts";
import type { Service } from "../service.ts";
import { compiled } from "../text-form.ts";
import { textOfParts } from "./message-parts.ts";

/** A message among those of a request. */
export interface PlaceInMessages {
  readonly index: number;
  readonly role: string;
}

/** A prompt that asks for an answer. */
export interface ChatQuestion {
  readonly prompt: MarkedText;
  readonly promptIds: readonly number[];
  /** Texts that end an answer, beside those of the request. */
  readonly ends: readonly string[];
  /** Options with what answers have to keep: a forced call, or a grammar after the reasoning. */
  held(options: GenerateOptions): GenerateOptions;
  /** The message that a token of the prompt belongs to, as far as the template tells. */
  messageAt(position: number): PlaceInMessages | undefined;
  /** Takes one answer apart. */
  reader(): AnswerTokens;
}

type Variables = ReadonlyMap<string, ExactJson>;

export interface ChatWish {
  readonly messages: readonly JsonObject[];
  readonly tools?: Tools | undefined;
  /** Names of functions, one of which the answer has to call. */
  readonly forced?: readonly string[] | undefined;
  readonly variables?: Variables;
  readonly addGenerationPrompt?: boolean;
}

/**
 * The messages of a request and the functions that it offers.
 *
 * @throws RequestError 400 for messages that the template refuses, and for a model without one
 */
export function chatQuestion(
  fields: RequestFields,
  service: Service,
  more: Variables = new Map(),
): ChatQuestion {
  const variables = fields.object("chat_template_kwargs")?.entries() ?? [];
  return questionOf(service, {
    messages: readMessages(fields),
    ...readTools(fields, service),
    addGenerationPrompt: fields.flag("add_generation_prompt") ?? true,
    variables: new Map([...more, ...variables.map(([key, value = null]) => [key, exact(value)] as const)]),
  });
}

/** @throws RequestError 400 */
export function questionOf(
  service: Service,
  { messages, tools, forced, ...options }: ChatWish,
): ChatQuestion {
  const prompts = promptsOf(service, tools !== undefined);
  const settings = { ...options, tools: tools?.json, date: new Date() };
  const prompt = rendered(prompts, messages, settings);
  const promptIds = prompts.idsOf(prompt);
  service.checkLength(promptIds, "messages");
  const call = forced && tools && forcedCall(prompts, prompt, tools, forced);
  if (tools !== undefined && forced === undefined) checkStrict(prompts, prompt, tools);
  return {
    ...{ prompt, promptIds, ends: prompts.ends(tools) },
    held: (options) =>
      call === undefined ? prompts.heldAnswer(prompt, options, tools) : heldTo(call, options),
    reader: () => prompts.answerTo(prompt, tools),
    messageAt: (position) => {
      const { tokenizer } = service.model;
      const known = promptIds.slice(0, position).filter((id) => id < tokenizer.vocabSize);
      const place = tokenizer.decode(known).length;
      // The prompt of the first messages is the beginning of the whole one, as far as these messages go.
      const index = messages.findIndex((_, i) => {
        const some = { ...settings, addGenerationPrompt: false };
        return sharedLength(textOf(prompts, messages.slice(0, i + 1), some), prompt.text) > place;
      });
      return index < 0 ? undefined : { index, role: String(messages[index]?.role) };
    },
  };
}

/** @throws RequestError 400 for a template without calls, and for parameters that cannot be kept */
function forcedCall(
  prompts: ChatPrompts,
  prompt: MarkedText,
  tools: Tools,
  names: readonly string[],
): Structure {
  checkParameters(tools, names);
  const call = compiled("tools", "tools", () => {
    const structure = prompts.callStructure(prompt, tools, names);
    if (structure !== undefined) constraintIn("structure", structure);
    return structure;
  });
  if (call !== undefined) return call;
  throw unsupported("tool_choice", 'this template knows no form of calls: expected "auto" or "none"');
}

/** @throws RequestError 400 for parameters of strict functions that cannot be kept */
function checkStrict(prompts: ChatPrompts, prompt: MarkedText, tools: Tools): void {
  checkParameters(tools, tools.strict);
  compiled("tools", "tools", () => {
    const { structure } = prompts.heldAnswer(prompt, {}, tools);
    if (structure !== undefined) constraintIn("structure", structure);
  });
}

function checkParameters(tools: Tools, names: readonly string[]): void {
  for (const name of names) {
    compiled("tools", `the parameters of ${name}`, () =>
      constraintIn("jsonSchema", tools.parametersOf(name)),
    );
  }
}

/** Nothing for messages that the template refuses. */
function textOf(prompts: ChatPrompts, messages: readonly JsonObject[], options: RenderOptions): string {
  try {
    return rendered(prompts, messages, options).text;
  } catch (error) {
    if (error instanceof RequestError) return "";
    throw error;
  }
}

function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}

function rendered(prompts: ChatPrompts, messages: readonly JsonObject[], options: RenderOptions): MarkedText {
  try {
    return prompts.renderJson(exact(messages), options);
  } catch (error) {
    if (!(error instanceof GptError)) throw error;
    throw new RequestError(400, error.message, { param: "messages", code: "invalid_value" });
  }
}

function promptsOf({ prompts: own, toolPrompts, name }: Service, hasTools: boolean): ChatPrompts {
  const prompts = hasTools ? toolPrompts : own;
  if (prompts !== undefined) return prompts;
  const message = `${name} has no chat template: it continues texts, at /v1/completions`;
  throw new RequestError(400, message, { param: "model", code: "unsupported_value" });
}

const exact = (value: JsonValue) => parseExactJson(JSON.stringify(value));

/** Functions that the model may call. */
function readTools(fields: RequestFields, service: Service): Offered {
  const list = fields.value("tools") ?? [];
  const choice = fields.value("tool_choice");
  fields.pass("parallel_tool_calls");
  if (!Array.isArray(list)) throw fields.wrong("tools", "a list of functions");
  const own = isJsonObject(choice) && isJsonObject(choice.function) ? choice.function : {};
  return chosen(toolsOf(list, fields, service), isJsonObject(choice) ? own : choice, fields);
}

/** Functions that are offered, and those of which the answer has to call one. */
export type Offered = Pick<ChatWish, "tools" | "forced">;

/**
 * @param choice auto, none, required, or an object with the name of a function
 * @throws RequestError 400 for another choice, and for a function that is not offered
 */
export function chosen(tools: Tools | undefined, choice: JsonValue = "auto", fields: RequestFields): Offered {
  if (choice === "none") return {};
  if (choice === "auto") return { tools };
  const names = [...(tools?.names ?? [])];
  if (choice === "required" && names.length > 0) return { tools, forced: names };
  const name = isJsonObject(choice) ? choice.name : undefined;
  if (typeof name === "string" && names.includes(name)) return { tools, forced: [name] };
  throw fields.wrong("tool_choice", "auto, none, or required or the name of a function beside tools");
}

/**
 * @param list in OpenAI's form; an empty one offers nothing
 * @throws RequestError 400 for what is no function, and for a template that knows no calls
 */
export function toolsOf(
  list: readonly JsonValue[],
  fields: RequestFields,
  service: Service,
): Tools | undefined {
  if (list.length === 0) return undefined;
  try {
    const tools = new Tools(exact(list) as readonly ExactJson[]);
    if (canCall(promptsOf(service, true).template.source)) return tools;
  } catch (error) {
    if (error instanceof TypeError) throw fields.wrong("tools", error.message);
    throw error;
  }
  throw unsupported("tools", `the chat template of ${service.name} knows no calls of functions`);
}

function readMessages(fields: RequestFields): readonly JsonObject[] {
  const value = fields.value("messages");
  if (!Array.isArray(value) || value.length === 0) throw fields.wrong("messages", "a list of messages");
  return value.map((message, i) => messageOf(message, i, fields));
}

/** Texts in parts become one text, and developers' messages the system's. */
function messageOf(message: JsonValue, index: number, fields: RequestFields): JsonObject {
  if (!isJsonObject(message) || typeof message.role !== "string") {
    throw fields.wrong("messages", `a message with a role at ${index}`);
  }
  // ollama's clients call the name of a function so.
  const { role, content, tool_name: name, images = [], ...rest } = message;
  if (!Array.isArray(images) || images.length > 0) throw fields.wrong("messages", `no images at ${index}`);
  const isEmpty = content === undefined || content === null;
  const text = textOfParts(content);
  if (text === undefined && !isEmpty) throw fields.wrong("messages", `a text, or parts of text, at ${index}`);
  const named = name === undefined ? {} : { name };
  return { ...named, ...rest, role: role === "developer" ? "system" : role, content: text ?? null };
}

/** `gpt generate --chat`: the prompt is a message, which the model's chat template makes a prompt of. */
import { type ExactJson, parseExactJson } from "../../../chat/jinja/values/json-values.ts";
import { ChatPrompts } from "../../../chat/template/chat-prompts.ts";
import { GptError } from "../../../errors.ts";
import type { JsonObject } from "../../../files/json.ts";
import type { LanguageModel } from "../../../library/language-model.ts";
import { chatTemplateFor, templateVariables } from "../../chat-template.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";
import type { chatFlags } from "./chat-flags.ts";

type ChatArguments = ParsedFlags<typeof chatFlags> & { readonly model?: string | undefined };

export type OpenChat = (model: LanguageModel) => ChatPrompts;

/** What loads before the weights: a model without a template is refused early. */
export async function openChat(args: ChatArguments): Promise<OpenChat> {
  const template = await chatTemplateFor(args);
  return (model: LanguageModel) =>
    new ChatPrompts(template, model.tokenizer, {
      variables: templateVariables(args.var),
      date: args.date ?? new Date(),
    });
}

/** The ids of the prompt of a message. */
export function messageIds(prompts: ChatPrompts, message: string, system: string | undefined) {
  const first = system === undefined ? [] : [{ role: "system", content: system }];
  return prompts.idsOf(prompts.render([...first, { role: "user", content: message }]));
}

/**
 * Reads lines of a batch: `{"messages": [..], "tools": [..]}`, or a prompt that is a message. They become lines
 * with ids.
 */
export const chatParser =
  (parse: (text: string) => JsonObject, chat: ChatPrompts, system: string | undefined) =>
  (text: string): JsonObject => {
    const { messages, tools: _, prompt, ...rest } = parse(text);
    if (messages === undefined && typeof prompt !== "string") return parse(text);
    const stop = [...[rest.stop ?? []].flat(), ...chat.endOfTurn];
    if (messages === undefined) return { ...rest, stop, ids: messageIds(chat, String(prompt), system) };
    if (prompt !== undefined || rest.ids !== undefined) {
      throw new GptError("usage", "give messages, prompt or ids, not several of them");
    }
    // The line is read again, because its numbers may have more digits than JavaScript's keep.
    const exact = parseExactJson(text);
    const field = (name: string): ExactJson | undefined =>
      exact instanceof Map ? exact.get(name) : undefined;
    const rendered = chat.renderJson(field("messages") ?? null, { tools: field("tools") });
    return { ...rest, stop, ids: chat.idsOf(rendered) };
  };

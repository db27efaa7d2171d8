/** The chat template that the flags name: a file, or one of the model's. */
import { existsSync } from "node:fs";
import { type ExactJson, parseExactJson } from "../chat/jinja/values/json-values.ts";
import { ChatTemplate } from "../chat/template/chat-template.ts";
import { chatTemplateOf, templateTokens } from "../chat/template/stored-templates.ts";
import { GptError } from "../errors.ts";
import { readText } from "../files/file.ts";
import { findModel } from "../hub/find-model.ts";
import type { AdapterChoice } from "../weights/adapters/choice.ts";
import { adapterTemplate } from "../weights/adapters/template.ts";

export interface TemplateChoice {
  readonly model?: string | undefined;
  readonly template?: string | undefined;
  /** Special tokens for a template in a file. */
  readonly tokens?: ReadonlyMap<string, string>;
  readonly hasTools?: boolean;
  /** An adapter that was trained on messages holds their template, which counts before the model's. */
  readonly adapter?: readonly AdapterChoice[] | undefined;
}

/** @throws GptError `not-found` for a model without a template */
export async function chatTemplateFor(choice: TemplateChoice): Promise<ChatTemplate> {
  const { model, tokens = new Map(), hasTools = false, adapter = [] } = choice;
  const name = choice.template ?? adapterTemplate(adapter);
  if (name !== undefined && existsSync(name)) {
    const stored = model === undefined && tokens.size > 0 ? [] : await templateTokens(findModel(model));
    return new ChatTemplate(await readText(name), name, new Map([...stored, ...tokens]));
  }
  const path = findModel(model);
  const found = await chatTemplateOf(path, { name, hasTools });
  if (found !== undefined) return found;
  const problem = "has no chat template: it was trained to continue texts, not to chat";
  throw new GptError("not-found", `${path}: ${problem}; --template FILE.jinja gives one`);
}

/** A value that is no JSON is a text. */
export const templateVariables = (given: readonly (readonly [string, string])[] = []) =>
  new Map(given.map(([name, spelled]) => [name, variableOf(spelled)] as const));

function variableOf(spelled: string): ExactJson {
  try {
    return parseExactJson(spelled);
  } catch (error) {
    if (error instanceof SyntaxError) return spelled;
    throw error;
  }
}

/** A conversation as JSON: its text, its turns and its settings. */
import { GptError } from "../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../files/json.ts";
import { quote } from "../files/quote.ts";
import type { GenerateOptions } from "../generate/options/options.ts";
import type { Conversation } from "./conversation.ts";
import { textAfter } from "./joining.ts";
import type { Turn } from "./transcript.ts";

const FORMAT = "gpt-simd conversation";
const VERSION = 1;

/** How options are written as named settings. */
export interface SettingsFormat {
  settingsOf(options: GenerateOptions): object;
  /**
   * The options with one setting changed to the value that these texts spell.
   *
   * @throws GptError for a wrong one
   */
  withSetting(options: GenerateOptions, name: string, texts: readonly string[]): GenerateOptions;
}

export const isSavedConversation = ({ format }: JsonObject): boolean => format === FORMAT;

export function savedConversation(
  { text, transcript, options }: Conversation,
  model: string,
  format: SettingsFormat,
): object {
  const { turns } = transcript;
  return { format: FORMAT, version: VERSION, model, text, turns, settings: format.settingsOf(options) };
}

/**
 * Replaces the text, the turns and the settings of a conversation by saved ones. If they are refused, nothing
 * changes.
 *
 * @param name what an error calls the saved conversation
 * @returns the name of the model that it was saved with
 * @throws GptError `invalid-file` for anything but a text of this model's tokens
 */
export function restoreConversation(
  saved: JsonObject,
  conversation: Conversation,
  format: SettingsFormat,
  name: string,
): string {
  const reject = (what: string): never => {
    throw new GptError("invalid-file", `${name}: ${what}`);
  };
  const { version, model, text, turns, settings } = saved;
  if (!isSavedConversation(saved))
    reject(`is no saved conversation: "format" is ${quote(saved.format)}, expected ${quote(FORMAT)}`);
  if (version !== VERSION)
    reject(`"version" is ${quote(version)}, this gpt reads ${VERSION}: save it again with it`);
  if (typeof model !== "string") return reject(`"model" is ${quote(model)}, expected a name`);
  const { tokenizer } = conversation;
  const { vocabSize } = conversation.model.config;
  const restored = turnsOf(turns, Math.min(vocabSize, tokenizer.vocabSize), reject);
  const spelled = textAfter(
    tokenizer,
    [],
    restored.flatMap(({ typed, answer }) => [...typed, ...answer]),
  );
  if (spelled !== text)
    reject(`"text" is not what its tokens spell with this model; it was saved with ${quote(model)}`);
  conversation.options = optionsOf(settings, format, reject);
  conversation.restore(restored);
  return model;
}

type Reject = (what: string) => never;

function turnsOf(turns: JsonValue | undefined, vocabSize: number, reject: Reject): Turn[] {
  const idsOf = (ids: JsonValue | undefined, field: string): readonly number[] => {
    if (!Array.isArray(ids)) return reject(`${field} is ${quote(ids)}, expected a list of token ids`);
    const isId = (id: JsonValue) => Number.isInteger(id) && Number(id) >= 0 && Number(id) < vocabSize;
    const wrong = ids.findIndex((id) => !isId(id));
    if (wrong < 0) return ids;
    return reject(
      `${field}[${wrong}] is ${quote(ids[wrong])}, this model's ids go from 0 to ${vocabSize - 1}`,
    );
  };
  if (!Array.isArray(turns)) return reject(`"turns" is ${quote(turns)}, expected a list`);
  return turns.map((turn: JsonValue, index) => {
    const field = `turns[${index}]`;
    if (!isJsonObject(turn)) return reject(`${field} is ${quote(turn)}, expected an object`);
    return { typed: idsOf(turn.typed, `${field}.typed`), answer: idsOf(turn.answer, `${field}.answer`) };
  });
}

function optionsOf(
  settings: JsonValue | undefined,
  { withSetting }: SettingsFormat,
  reject: Reject,
): GenerateOptions {
  if (!isJsonObject(settings)) return reject(`"settings" is ${quote(settings)}, expected an object`);
  let options: GenerateOptions = {};
  for (const [name, value] of Object.entries(settings)) {
    const texts = [value].flat().map((text) => {
      if (typeof text === "string" || typeof text === "number" || typeof text === "boolean")
        return String(text);
      return reject(`settings.${name} is ${quote(value)}, expected a text, a number, true or false`);
    });
    try {
      options = withSetting(options, name, texts);
    } catch (error) {
      if (error instanceof GptError) return reject(`settings: ${error.message}`);
      throw error;
    }
  }
  return options;
}

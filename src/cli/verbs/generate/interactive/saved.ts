/** A conversation as a file: what `/save` writes and `/load` reads. */
import { GptError } from "../../../../errors.ts";
import { isJsonObject, type JsonValue, readJsonObject } from "../../../../files/json.ts";
import { quote } from "../../../../files/quote.ts";
import type { GenerateOptions } from "../../../../generate/options/options.ts";
import { openDestination } from "../../../terminal/destination.ts";
import type { Conversation } from "./conversation.ts";
import { textAfter } from "./joining.ts";
import { changed, settingNamed, settingsOf } from "./settings.ts";
import type { Turn } from "./transcript.ts";

const FORMAT = "gpt-simd conversation";
const VERSION = 1;

export async function save(path: string, conversation: Conversation, modelName: string): Promise<void> {
  const { text, transcript, options } = conversation;
  await using destination = await openDestination(path);
  await destination.output.writeJson({
    format: FORMAT,
    version: VERSION,
    model: modelName,
    text,
    turns: transcript.turns,
    settings: settingsOf(options),
  });
  await destination.keep();
}

/**
 * Puts a saved text, its turns and its settings in the place of what there is. Nothing is changed where the file is
 * refused.
 *
 * @returns the name of the model that it was saved with
 * @throws GptError `not-found`, or `invalid-file` for anything but a text of this model's tokens
 */
export async function load(path: string, conversation: Conversation): Promise<string> {
  const file = await readJsonObject(path);
  const reject = (what: string): never => {
    throw new GptError("invalid-file", `${path}: ${what}`);
  };
  const { format, version, model, text, turns, settings } = file;
  if (format !== FORMAT)
    reject(`is no saved conversation: "format" is ${quote(format)}, expected ${quote(FORMAT)}`);
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
  conversation.options = optionsOf(settings, reject);
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

function optionsOf(settings: JsonValue | undefined, reject: Reject): GenerateOptions {
  if (!isJsonObject(settings)) return reject(`"settings" is ${quote(settings)}, expected an object`);
  let options: GenerateOptions = {};
  for (const [name, value] of Object.entries(settings)) {
    const texts = [value].flat().map((text) => {
      if (typeof text === "string" || typeof text === "number" || typeof text === "boolean")
        return String(text);
      return reject(`settings.${name} is ${quote(value)}, expected a text, a number, true or false`);
    });
    try {
      options = changed(options, settingNamed(name), texts);
    } catch (error) {
      if (error instanceof GptError) return reject(`settings: ${error.message}`);
      throw error;
    }
  }
  return options;
}

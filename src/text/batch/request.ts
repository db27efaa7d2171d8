/** One line of a batch -> its prompt and its options. */
import { GptError } from "../../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../files/json.ts";
import { quote } from "../../files/quote.ts";
import type { GenerateOptions } from "../../generate/options/options.ts";
import type { Prompt } from "../text-model.ts";

/** Levels of lists and objects in a line. Only an attack has more. */
const MAX_DEPTH = 32;

export interface Request {
  readonly prompt: Prompt;
  readonly options: GenerateOptions;
}

/**
 * Reads options from the fields of a line.
 *
 * @throws GptError `usage` for an unknown key, and a value out of range
 */
export type ReadOptions = (fields: JsonObject) => GenerateOptions;

/** @throws GptError `usage` for a text that is no JSON object */
export function parseLine(text: string): JsonObject {
  const value = parse(text);
  if (!isJsonObject(value)) {
    const found = text.trim() === "" ? "an empty line" : quote(text);
    throw new GptError("usage", `expected a JSON object such as {"prompt": "Once"}, found ${found}`);
  }
  if (isDeeper(value, MAX_DEPTH)) {
    throw new GptError("usage", `expected JSON of at most ${MAX_DEPTH} levels, found more`);
  }
  return value;
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1)));

/**
 * The id of a line, which its result repeats; no field if the line has none.
 *
 * @throws GptError `usage` for a number with more digits than a float64 keeps
 */
export function identification(fields: JsonObject): { readonly id?: JsonValue } {
  const { id } = fields;
  if (id === undefined) return {};
  if (!isExact(id)) {
    throw new GptError("usage", "id: holds a number of more digits than can be kept: put it in quotes");
  }
  return { id };
}

function isExact(value: unknown): boolean {
  if (typeof value === "number")
    return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
  return typeof value !== "object" || value === null || Object.values(value).every(isExact);
}

/** @throws GptError `usage` for a line without a prompt, an unknown key, and a value out of range */
export function readRequest(fields: JsonObject, readOptions: ReadOptions): Request {
  const { id: _, prompt, ids, ...parameters } = fields;
  const options = readOptions(parameters); // before the prompt: a missing key may be a misspelt one
  return { prompt: readPrompt(prompt, ids), options };
}

function readPrompt(prompt: JsonValue | undefined, ids: JsonValue | undefined): Prompt {
  if (prompt !== undefined && ids !== undefined) throw new GptError("usage", "give prompt or ids, not both");
  if (typeof prompt === "string") return prompt;
  if (prompt !== undefined) throw new GptError("usage", `prompt: expected a text, found ${quote(prompt)}`);
  if (Array.isArray(ids) && ids.every((id) => Number.isSafeInteger(id) && id >= 0)) return ids;
  if (ids !== undefined)
    throw new GptError("usage", `ids: expected a list of token ids, found ${quote(ids)}`);
  throw new GptError("usage", 'the line needs "prompt", a text, or "ids", a list of token ids');
}

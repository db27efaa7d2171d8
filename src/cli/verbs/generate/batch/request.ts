/** One line of a batch -> what it asks for. */
import { GptError } from "../../../../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../../files/json.ts";
import { quote } from "../../../../files/quote.ts";
import type { GenerateOptions } from "../../../../generate/options/options.ts";
import type { Prompt } from "../../../../text/text-model.ts";
import { readParameters } from "./parameters.ts";

/** Levels of lists and objects in a line. A line with more is no request but an attack. */
const MAX_DEPTH = 32;

export interface Request {
  readonly prompt: Prompt;
  readonly options: GenerateOptions;
}

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
 * The field that ties a result to its line, as it will be written again; none where the line has none.
 *
 * @throws GptError `usage` for a number that would not come back as it was
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
export function readRequest(fields: JsonObject): Request {
  const { id: _, prompt, ids, ...parameters } = fields;
  const options = readParameters(parameters); // first: what is missing may be misspelt
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

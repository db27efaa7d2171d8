/** Flags from a file, `--config FILE`: a JSON object of their names, with - or _, and their values. */
import { GptError } from "../../errors.ts";
import { withFile } from "../../files/file.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../files/json.ts";
import { findJsonFault } from "../../files/json-fault.ts";
import { quote } from "../../files/quote.ts";
import { decodeText } from "../../files/utf8.ts";
import { closestName } from "./closest-name.ts";
import { expected, type Flag, type Flags, inheritable, longName, longNames, naming } from "./flags.ts";
import type { RawFlag, RawFlags } from "./raw-flags.ts";

/**
 * @param flags of the verb that runs
 * @param allFlags flags of every verb: one file may serve all verbs, and flags of other verbs are skipped
 * @throws GptError `not-found` or `invalid-file` for a file that is no text; `usage` if it is no JSON object,
 *   for an unknown name, and for a value of the wrong type
 */
export async function flagsFromFile(
  path: string,
  flags: Flags,
  allFlags: () => Promise<readonly Flags[]>,
): Promise<RawFlags> {
  const names = longNames(inheritable(flags));
  const raw = new Map<string, RawFlag>();
  const foreign: string[] = [];
  for (const [field, value] of Object.entries(await readObject(path))) {
    const name = names.get(longName(field));
    const flag = flags[name ?? ""];
    if (name === undefined || flag === undefined) {
      foreign.push(field);
      continue;
    }
    const origin = `${path}: ${field}`;
    if (raw.has(name)) throw new GptError("usage", `${origin}: --${name} is given twice`);
    raw.set(name, { origin, values: naming(origin, valuesOf(flag))(value), source: "file" });
  }
  if (foreign.length > 0) refuseUnknown(path, foreign, [flags, ...(await allFlags())]);
  return raw;
}

/** The file is written by hand: errors name line and column. */
async function readObject(path: string): Promise<JsonObject> {
  const bytes = await withFile(path, (file) => file.readAll());
  const text = decodeText(bytes, path).replace(/^\ufeff/, "");
  const value = naming(path, parse)(text);
  if (isJsonObject(value)) return value;
  throw new GptError(
    "usage",
    `${path}: expected an object in braces such as {"temp": 0.7}, found ${quote(value)}`,
  );
}

function parse(text: string): JsonValue {
  try {
    return JSON.parse(text);
  } catch (error) {
    findJsonFault(text);
    throw error;
  }
}

const valuesOf =
  ({ type, repeatable }: Flag) =>
  (value: JsonValue | undefined): string[] => {
    if (type === "boolean") return switchValues(value);
    if (type === "count") return typeof value === "boolean" ? switchValues(value) : countValues(value);
    if (repeatable && Array.isArray(value)) return value.map(textOf);
    return [textOf(value)];
  };

function switchValues(value: JsonValue | undefined): string[] {
  if (typeof value !== "boolean") throw expected("true or false", value);
  return value ? [""] : [];
}

function countValues(value: JsonValue | undefined): string[] {
  if (!Number.isInteger(value) || Number(value) < 0 || Number(value) > 9)
    throw expected("a number from 0 to 9", value);
  return Array<string>(Number(value)).fill("");
}

/** The value as on a command line. The flag checks it later. */
function textOf(value: JsonValue | undefined): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return String(value);
  throw expected("a text or a number", value);
}

/** @param allFlags begins with the flags of the verb that runs */
function refuseUnknown(path: string, fields: readonly string[], allFlags: readonly Flags[]): void {
  const settable = allFlags.map(inheritable);
  const known = new Set(settable.flatMap((flags) => [...longNames(flags).keys()]));
  const unknown = fields.find((field) => !known.has(longName(field)));
  if (unknown === undefined) return;
  if (allFlags.some((flags) => Object.hasOwn(flags, longName(unknown)))) {
    throw new GptError("usage", `${path}: ${unknown}: is taken from the command line alone`);
  }
  const [near] = settable.flatMap((flags) => closestName(unknown, flags) ?? []);
  const advice = near
    ? `did you mean ${quote(near)}?`
    : "the names are those of flags, as gpt <command> --help lists them";
  throw new GptError("usage", `${path}: unknown name ${quote(unknown)}: ${advice}`);
}

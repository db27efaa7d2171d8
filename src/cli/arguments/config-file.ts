/** Flags from a file, `--config FILE`: a JSON object of their names, with - or _, and their values. */
import { GptError } from "../../errors.ts";
import { type JsonValue, readJsonObject } from "../../files/json.ts";
import { quote } from "../../files/quote.ts";
import { closest } from "./closest.ts";
import { expected, type Flag, type Flags, inheritable, longNames, naming } from "./flags.ts";
import type { Given, Givens } from "./given.ts";

/**
 * @param flags of the verb that runs
 * @param allFlags those of every verb: one file may serve them all, and what is not this verb's is left alone
 * @throws GptError `not-found` or `invalid-file` for what is no JSON object; `usage` for a name that is no flag's, and
 *   a value of the wrong type
 */
export async function givenByConfigFile(
  path: string,
  flags: Flags,
  allFlags: () => Promise<readonly Flags[]>,
): Promise<Givens> {
  const names = longNames(inheritable(flags));
  const givens = new Map<string, Given>();
  const foreign: string[] = [];
  for (const [field, value] of Object.entries(await readJsonObject(path))) {
    const name = names.get(longName(field));
    const flag = flags[name ?? ""];
    if (name === undefined || flag === undefined) {
      foreign.push(field);
      continue;
    }
    const origin = `${path}: ${field}`;
    if (givens.has(name)) throw new GptError("usage", `${origin}: --${name} is given twice`);
    givens.set(name, { origin, values: naming(origin, valuesOf(flag))(value) });
  }
  if (foreign.length > 0) refuseUnknown(path, foreign, await allFlags());
  return givens;
}

const longName = (field: string): string => field.replaceAll("_", "-");

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

/** What the flag would be given on a command line; the flag itself says whether that is right. */
function textOf(value: JsonValue | undefined): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return String(value);
  throw expected("a text or a number", value);
}

function refuseUnknown(path: string, fields: readonly string[], allFlags: readonly Flags[]): void {
  const known = new Set(allFlags.flatMap((flags) => [...longNames(inheritable(flags)).keys()]));
  const unknown = fields.find((field) => !known.has(longName(field)));
  if (unknown === undefined) return;
  const near = closest(longName(unknown), known);
  const advice = near
    ? `did you mean ${quote(near)}?`
    : "the names are those of flags, as gpt <command> --help lists them";
  throw new GptError("usage", `${path}: unknown name ${quote(unknown)}: ${advice}`);
}

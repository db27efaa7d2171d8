/** Options in a line of a batch: keys are sampling flags, with - or _, and values have JSON's types. */
import { GptError } from "../../../../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../../files/json.ts";
import { quote } from "../../../../files/quote.ts";
import type { GenerateOptions } from "../../../../generate/options/options.ts";
import { closestName } from "../../../flags/closest-name.ts";
import { expected, type Flag, longName, longNames, naming } from "../../../flags/flags.ts";
import { checkOption, samplingFlags } from "../../../flags/sampling-flags.ts";

type SamplingFlag = Flag & { readonly option: keyof GenerateOptions };

const flags: Readonly<Record<string, SamplingFlag>> = samplingFlags;
const names = longNames(flags);

/**
 * Reads the options of a line.
 *
 * @throws GptError `usage` for a key that is no flag's, two keys for one flag, and a value out of range
 */
export function readParameters(fields: JsonObject): GenerateOptions {
  const options = new Map<keyof GenerateOptions, unknown>();
  for (const [key, value] of Object.entries(fields)) {
    const flag = flags[names.get(longName(key)) ?? ""];
    if (flag === undefined || value === undefined) throw unknownKey(key);
    if (options.has(flag.option))
      throw new GptError("usage", `${key}: the line has another key for the same`);
    options.set(flag.option, naming(key, (given: JsonValue) => readValue(flag, given))(value));
  }
  return Object.fromEntries(options);
}

function unknownKey(key: string): GptError {
  const near = closestName(key, flags, ["prompt", "ids", "id", "messages"])?.replaceAll("-", "_");
  const known =
    "a line has id, prompt or ids (with --chat: messages), and sampling flags such as top_k; other flags are for the whole batch";
  const advice = near ? `did you mean ${near}?` : known;
  return new GptError("usage", `unknown key ${quote(key)}: ${advice}`);
}

/** The value of the option, inside its range. */
function readValue(flag: SamplingFlag, given: JsonValue): unknown {
  const value = toOption(flag, given);
  checkOption(flag.option, value);
  return value;
}

/** A text is read as the flag reads it: "30s", "shift", one stop text. */
function toOption({ option, coerce }: SamplingFlag, given: JsonValue): unknown {
  if (option === "logitBias") return isListOfTexts(given) ? coerce?.(given) : biases(given);
  if (typeof given !== "string" || coerce === undefined) return given;
  const value: unknown = coerce(given);
  if (typeof value === "boolean" || value === Number(given)) throw expected(`${value} without quotes`, given);
  return value;
}

const isListOfTexts = (given: JsonValue): boolean =>
  Array.isArray(given) && given.every((item) => typeof item === "string");

/** `{"15043": 1.5, "11": "-inf"}`. */
function biases(given: JsonValue): ReadonlyMap<number, number> {
  if (!isJsonObject(given)) throw expected('an object such as {"15043": 1.5, "11": "-inf"}', given);
  return new Map(
    Object.entries(given).map(([id, bias]) => {
      if (!/^\d{1,15}$/.test(id)) throw expected("token ids as keys", id);
      if (bias === "-inf") return [Number(id), Number.NEGATIVE_INFINITY];
      if (typeof bias !== "number" || !Number.isFinite(bias)) throw expected('numbers or "-inf"', bias);
      return [Number(id), bias];
    }),
  );
}

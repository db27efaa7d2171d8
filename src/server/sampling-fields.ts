/** The options of a generation in the fields of OpenAI's requests, with those that llama.cpp adds. */
import type { GenerateOptions } from "../generate/options/options.ts";
import type { RequestFields } from "./http/fields.ts";
import { RequestError } from "./http/request-error.ts";

/** Stop texts of a request, and their characters. */
const MAX_STOPS = 64;
const MAX_STOP_LENGTH = 1024;
/** OpenAI's logit_bias of -100 bans a token. */
const BAN = -100;

/** Fields that have no effect on the answer here. */
const WITHOUT_EFFECT = ["user", "store", "metadata", "service_tier", "safety_identifier", "prompt_cache_key"];

/** Options that a request gives, each inside its range. @throws RequestError 400 */
export function samplingOptions(fields: RequestFields): GenerateOptions {
  fields.pass(...WITHOUT_EFFECT);
  const stop = fields.texts("stop")?.filter((text) => text !== "");
  if (stop && (stop.length > MAX_STOPS || stop.some(({ length }) => length > MAX_STOP_LENGTH))) {
    throw fields.wrong("stop", `at most ${MAX_STOPS} texts of ${MAX_STOP_LENGTH} characters`);
  }
  const options: { [Name in keyof GenerateOptions]?: GenerateOptions[Name] | undefined } = {
    temperature: fields.number("temperature", 0, 100),
    topP: fields.number("top_p", 0, 1),
    topK: fields.whole("top_k", 0),
    minP: fields.number("min_p", 0, 1),
    typicalP: fields.number("typical_p", 0, 1),
    repeatPenalty: fields.number("repeat_penalty", 1e-6, 1e6),
    repeatLastN: fields.whole("repeat_last_n", -1),
    presencePenalty: fields.number("presence_penalty", -2, 2),
    frequencyPenalty: fields.number("frequency_penalty", -2, 2),
    logitBias: logitBias(fields),
    ignoreEos: fields.flag("ignore_eos"),
    seed: seed(fields),
    stop,
  };
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as GenerateOptions;
}

/** Seeds of 64 bits come as they are or as texts; their lower 32 bits count. -1 stands for a random one. */
function seed(fields: RequestFields): number | undefined {
  const value = fields.value("seed");
  if (value === undefined || value === -1) return undefined;
  const isWhole = typeof value === "string" ? /^\d{1,20}$/.test(value) : Number.isSafeInteger(value);
  if (isWhole && Number(value) >= 0) return Number(BigInt.asUintN(32, BigInt(value as string | number)));
  throw fields.wrong("seed", "a whole number from 0");
}

/** OpenAI's object of ids, or llama.cpp's list of pairs, in which false bans a token. */
function logitBias(fields: RequestFields): ReadonlyMap<number, number> | undefined {
  const value = fields.value("logit_bias");
  const own = Array.isArray(value) ? undefined : fields.object("logit_bias");
  const pairs: readonly unknown[] | undefined = Array.isArray(value) ? value : own?.entries();
  if (pairs === undefined) return undefined;
  const entries = pairs.map((pair) => {
    const [id, given] = Array.isArray(pair) ? pair : [];
    const bias = given === false ? BAN : given;
    if (/^\d{1,9}$/.test(String(id)) && typeof bias === "number" && Math.abs(bias) <= -BAN) {
      return [Number(id), bias === BAN ? Number.NEGATIVE_INFINITY : bias] as const;
    }
    const expected = "a token id with a number from -100 to 100";
    throw own?.wrong(String(id), expected) ?? fields.wrong("logit_bias", `pairs, each ${expected}`);
  });
  return new Map(entries);
}

/** The first of several fields that is there. @throws RequestError 400 */
export function maxTokens(fields: RequestFields, ...names: readonly string[]): number | undefined {
  const given = names.map((name) => fields.whole(name, 0));
  return given.find((value) => value !== undefined);
}

export const unsupported = (param: string, reason: string): RequestError =>
  new RequestError(400, `${param}: ${reason}`, { param, code: "unsupported_parameter" });

/**
 * Checked reading of the named values in config.json and in GGUF metadata: every message names file, field
 * and value.
 */
import { dirname, join } from "node:path";
import type { GgufCheckpoint, HuggingFaceCheckpoint } from "../checkpoint/checkpoint.ts";
import { GptError } from "../errors.ts";
import type { JsonObject } from "../files/json.ts";
import { isJsonObject } from "../files/json.ts";
import { quote, shortName } from "../files/quote.ts";

/** Larger sizes mean a corrupt file: these are ten times those of the largest models. */
export const LIMITS = {
  layers: 2048,
  heads: 4096,
  width: 2 ** 20,
  /** Of a convolution. */
  taps: 256,
  vocabulary: 2 ** 24,
  positions: 2 ** 30,
  experts: 2 ** 13,
} as const;

export class Fields {
  readonly #file: string;
  readonly #prefix: string;
  readonly #lookup: (name: string) => unknown;

  /** @param prefix of names in messages */
  constructor(file: string, prefix: string, lookup: (name: string) => unknown) {
    this.#file = file;
    this.#prefix = prefix;
    this.#lookup = lookup;
  }

  /** The fields of config.json. `aliases` are second names of its config class. */
  static ofConfig(
    { path, config }: HuggingFaceCheckpoint,
    aliases: Readonly<Record<string, string>> = {},
  ): Fields {
    const file = path.endsWith(".json") ? path : join(path, "config.json");
    return new Fields(file, "", (name) => config[name] ?? config[aliases[name] ?? name]);
  }

  /** The fields of generation_config.json; none without that file. */
  static ofGenerationConfig({ path, generationConfig }: HuggingFaceCheckpoint): Fields {
    const directory = path.endsWith(".json") ? dirname(path) : path;
    return new Fields(join(directory, "generation_config.json"), "", (name) => generationConfig[name]);
  }

  /**
   * Metadata whose keys start with `prefix`. A list with one value for each layer counts as that value where
   * all agree.
   */
  static ofMetadata({ path, metadata }: GgufCheckpoint, prefix: string): Fields {
    return new Fields(path, prefix, (name) => {
      const value = metadata.get(prefix + name);
      const first = Array.isArray(value) ? value[0] : undefined;
      return Array.isArray(value) && first !== undefined && value.every((item) => item === first)
        ? first
        : value;
    });
  }

  /** The fields of an object in a field; undefined if the field is missing or null. */
  nested(name: string): Fields | undefined {
    const object = this.object(name);
    return object && new Fields(this.#file, `${this.#prefix}${name}.`, (field) => object[field]);
  }

  /** The value of a field; undefined if it is missing or null. */
  value(name: string): unknown {
    return this.#lookup(name) ?? undefined;
  }

  /** Whether the field is there and not null. */
  has(name: string): boolean {
    return this.value(name) !== undefined;
  }

  /** Whether the field is there with exactly this value, which may be null. */
  is(name: string, value: null | number | string): boolean {
    return this.#lookup(name) === value;
  }

  /** A whole number from `min` to `max`. */
  count(name: string, max: number, fallback?: number, min = 1): number {
    const value = this.#lookup(name) ?? fallback;
    if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
    throw this.wrong(name, `expected a whole number from ${min} to ${max}`);
  }

  /** A finite number above zero. */
  positive(name: string, fallback?: number): number {
    const value = this.#lookup(name) ?? fallback;
    if (typeof value === "number" && Number.isFinite(value) && value > 0) return value;
    throw this.wrong(name, "expected a number above 0");
  }

  /** A number above zero, and at most one. */
  part(name: string, fallback?: number): number {
    const value = this.positive(name, fallback);
    if (value <= 1) return value;
    throw this.wrong(name, "expected a number from 0 to 1");
  }

  /** Numbers above zero. */
  positives(name: string): number[] {
    return this.list(name).map((value) => {
      if (typeof value === "number" && Number.isFinite(value) && value > 0) return value;
      throw this.wrong(name, "expected numbers above 0");
    });
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.#lookup(name) ?? fallback;
    if (typeof value === "boolean") return value;
    throw this.wrong(name, "expected true or false");
  }

  text(name: string, fallback: string): string {
    const value = this.#lookup(name) ?? fallback;
    if (typeof value === "string") return value;
    throw this.wrong(name, "expected a text");
  }

  object(name: string): JsonObject | undefined {
    const value = this.#lookup(name) ?? undefined;
    if (value === undefined) return undefined;
    if (isJsonObject(value)) return value;
    throw this.wrong(name, "expected an object in braces");
  }

  /** A list; empty where the field is missing, of one where it is no list. */
  list(name: string): readonly unknown[] {
    const value = this.#lookup(name) ?? [];
    return Array.isArray(value) ? value : [value];
  }

  /**
   * Token ids: one or a list. Those beyond the vocabulary stand for "none" and can never be generated: left
   * out.
   */
  ids(name: string, vocabSize: number): number[] {
    const ids = this.list(name).map((id) => {
      if (typeof id === "number" && Number.isInteger(id)) return id;
      throw this.wrong(name, "expected a token id or a list of them");
    });
    return ids.filter((id) => id >= 0 && id < vocabSize);
  }

  /**
   * Token ids, all of which must be in the vocabulary. -1 stands for none.
   *
   * @param usual ids that stand for none if the vocabulary is too small for them
   */
  knownIds(name: string, vocabSize: number, usual: readonly unknown[] = []): number[] {
    const known = this.ids(name, vocabSize);
    const isKnown = (id: unknown) => id === -1 || usual.includes(id) || known.some((other) => other === id);
    if (this.list(name).every(isKnown)) return known;
    throw this.wrong(name, `expected token ids from 0 to ${vocabSize - 1}`);
  }

  /** The value of a field that passes the test; undefined if it is missing or null. */
  checked(name: string, test: { readonly expected: string; holds(value: unknown): boolean }): unknown {
    const value = this.value(name);
    if (value === undefined || test.holds(value)) return value;
    throw this.wrong(name, `expected ${test.expected}`);
  }

  /** Refuses any value but the ones that change nothing. */
  require(name: string, harmless: readonly unknown[], why = "is not supported"): void {
    const value = this.#lookup(name) ?? undefined;
    if (value !== undefined && !harmless.includes(value)) throw this.wrong(name, why);
  }

  /** An error that says what the field holds, and then `verdict`. */
  wrong(name: string, verdict: string): GptError {
    const value = quote(this.#lookup(name) ?? undefined);
    return this.invalid(`${shortName(this.#prefix + name)} is ${value}, ${verdict}`);
  }

  invalid(problem: string): GptError {
    return new GptError("invalid-file", `${this.#file}: ${problem}`);
  }
}

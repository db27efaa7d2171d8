/** The `tokenizer.ggml.*` keys of a GGUF file, each checked for its type. */

import type { GgufMetadata, GgufValue } from "../../../checkpoint/checkpoint.ts";
import type { GptError } from "../../../errors.ts";
import { invalidFile } from "../../../files/invalid-file.ts";
import { quote } from "../../../files/quote.ts";

/** The full name of a key. */
export const tokenizerKey = (key: string): string => `tokenizer.ggml.${key}`;

/** The values of `tokenizer.ggml.token_type`. */
export const TOKEN_TYPES = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

/** -1 as an unsigned integer: there is no such token. */
const NO_ID = 0xffffffff;

export class TokenizerKeys {
  readonly path: string;
  readonly #metadata: GgufMetadata;

  constructor(metadata: GgufMetadata, path: string) {
    this.#metadata = metadata;
    this.path = path;
  }

  /** A key of the model itself; undefined unless it is a string. */
  general(key: "architecture" | "name"): string | undefined {
    const value = this.#metadata.get(`general.${key}`);
    return typeof value === "string" ? value : undefined;
  }

  string(key: string): string | undefined {
    const value = this.#get(key);
    if (value === undefined || typeof value === "string") return value;
    throw this.invalid(key, `is ${quote(value)}, expected a string`);
  }

  boolean(key: string): boolean | undefined {
    const value = this.#get(key);
    if (value === undefined || typeof value === "boolean") return value;
    throw this.invalid(key, `is ${quote(value)}, expected true or false`);
  }

  /** A token id below `size`. */
  id(key: string, size: number): number | undefined {
    const value = this.#get(key);
    if (value === undefined || value === NO_ID) return undefined;
    if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value < size) return value;
    throw this.invalid(key, `is ${quote(value)}, expected a token id from 0 to ${size - 1}`);
  }

  strings(key: string): readonly string[] {
    const list = this.#list(key);
    const at = list.findIndex((value) => typeof value !== "string");
    if (at === -1) return list as readonly string[];
    throw this.invalid(`${key}[${at}]`, `is ${quote(list[at])}, expected a string`);
  }

  /** One number for each token. */
  numbers(key: string, size: number): readonly number[] {
    const list = this.#list(key);
    if (list.length !== size) throw this.invalid(key, `has ${list.length} values for ${size} tokens`);
    const at = list.findIndex((value) => typeof value !== "number" || Number.isNaN(value));
    if (at === -1) return list as readonly number[];
    throw this.invalid(`${key}[${at}]`, `is ${quote(list[at])}, expected a number`);
  }

  /** A list of bytes, signed or not; undefined without the key. */
  bytes(key: string): Uint8Array | undefined {
    if (!this.has(key)) return undefined;
    const list = this.#list(key);
    const at = list.findIndex(
      (value) => !(Number.isInteger(value) && Number(value) >= -128 && Number(value) < 256),
    );
    if (at !== -1) throw this.invalid(`${key}[${at}]`, `is ${quote(list[at])}, expected a byte`);
    return Uint8Array.from(list, Number);
  }

  has(key: string): boolean {
    return this.#get(key) !== undefined;
  }

  /** The full name of a key. */
  name(key: string): string {
    return tokenizerKey(key);
  }

  invalid(key: string, problem: string): GptError {
    return invalidFile(this.path, `${this.name(key)} ${problem}`);
  }

  #get(key: string): GgufValue | undefined {
    return this.#metadata.get(this.name(key));
  }

  #list(key: string): readonly GgufValue[] {
    const value = this.#get(key);
    if (Array.isArray(value)) return value;
    throw this.invalid(key, `is ${quote(value)}, expected a list`);
  }
}

/**
 * Reads fields of a JSON file that belongs to a model. A missing field or a wrong type is a one-line error
 * that names it.
 */

import { invalidFile } from "./invalid-file.ts";
import { isJsonObject, type JsonObject, type JsonValue, readJsonObject } from "./json.ts";
import { quote, shortName } from "./quote.ts";

/** Length of a name such as `normalizer.normalizers[0].pattern.`: it limits how deep a file can nest. */
const MAX_PATH = 1000;

/**
 * The object at `path` (`model.`, `pre_tokenizer.`, "" for the whole) of a file. A null field counts as
 * absent.
 */
export class JsonFields {
  readonly file: string;
  readonly path: string;
  readonly #object: JsonObject;
  /** Cached: to list the names of a large vocabulary takes long. */
  #names: readonly string[] | undefined;

  constructor(file: string, path: string, value: JsonValue | undefined) {
    const name = path === "" ? "the file" : shortName(path.slice(0, -1));
    if (!isJsonObject(value)) throw invalidFile(file, `${name} is ${quote(value)}, expected an object`);
    if (path.length > MAX_PATH) throw invalidFile(file, `${name} is nested too deeply`);
    this.file = file;
    this.path = path;
    this.#object = value;
  }

  static async read(file: string): Promise<JsonFields> {
    return new JsonFields(file, "", await readJsonObject(file));
  }

  /** The names of all fields. */
  get names(): readonly string[] {
    this.#names ??= Object.keys(this.#object);
    return this.#names;
  }

  get(name: string): JsonValue | undefined {
    return Object.hasOwn(this.#object, name) ? (this.#object[name] ?? undefined) : undefined;
  }

  string(name: string): string {
    return this.optionalString(name) ?? this.fail(name, "a string");
  }

  optionalString(name: string): string | undefined {
    const value = this.get(name);
    return value === undefined || typeof value === "string" ? value : this.fail(name, "a string");
  }

  boolean(name: string, absent: boolean): boolean {
    return this.optionalBoolean(name) ?? absent;
  }

  optionalBoolean(name: string): boolean | undefined {
    const value = this.get(name);
    return value === undefined || typeof value === "boolean" ? value : this.fail(name, "true or false");
  }

  /** An integer of 0 or more. */
  count(name: string): number {
    const value = this.get(name);
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    return this.fail(name, "an integer of 0 or more");
  }

  object(name: string): JsonFields {
    return new JsonFields(this.file, `${this.path}${name}.`, this.get(name));
  }

  optionalObject(name: string): JsonFields | undefined {
    return this.get(name) === undefined ? undefined : this.object(name);
  }

  list(name: string): readonly JsonValue[] {
    const value = this.get(name);
    return Array.isArray(value) ? value : this.fail(name, "a list");
  }

  objects(name: string): JsonFields[] {
    return this.list(name).map((value, i) => new JsonFields(this.file, `${this.path}${name}[${i}].`, value));
  }

  /** @throws GptError `invalid-file`: the value of `name` is not the expected one */
  fail(name: string, expected: string, value: unknown = this.get(name)): never {
    throw invalidFile(this.file, `${shortName(this.path + name)} is ${quote(value)}, expected ${expected}`);
  }
}

/**
 * The fields of a request. Null stands for an absent field. Fields that nothing has read are ignored, and a
 * header of the reply names them.
 */

import { isJsonObject, type JsonObject, type JsonValue } from "../../files/json.ts";
import { quote } from "../../files/quote.ts";
import { RequestError } from "./request-error.ts";

export class RequestFields {
  readonly #fields: JsonObject;
  readonly #path: string;
  readonly #read = new Set<string>();
  readonly #objects = new Map<string, RequestFields>();

  /** @param path of the object in the body, such as `stream_options.` */
  constructor(fields: JsonObject, path = "") {
    this.#fields = fields;
    this.#path = path;
  }

  /** Names of fields that are there and were not read, and of those in objects that were read. */
  get ignored(): readonly string[] {
    const own = Object.keys(this.#fields).filter((name) => !this.#read.has(name));
    const inner = [...this.#objects.values()].flatMap(({ ignored }) => ignored);
    return [...own.map((name) => this.#path + name), ...inner];
  }

  value(name: string): JsonValue | undefined {
    this.#read.add(name);
    return Object.hasOwn(this.#fields, name) ? (this.#fields[name] ?? undefined) : undefined;
  }

  /** Accepts fields without an effect. */
  pass(...names: readonly string[]): void {
    for (const name of names) this.#read.add(name);
  }

  text(name: string): string | undefined {
    const value = this.value(name);
    if (value === undefined || typeof value === "string") return value;
    throw this.wrong(name, "a text");
  }

  flag(name: string): boolean | undefined {
    const value = this.value(name);
    if (value === undefined || typeof value === "boolean") return value;
    throw this.wrong(name, "true or false");
  }

  number(name: string, least: number, most: number): number | undefined {
    const value = this.value(name);
    if (value === undefined) return value;
    if (typeof value === "number" && value >= least && value <= most) return value;
    throw this.wrong(name, `a number from ${least} to ${most}`);
  }

  whole(name: string, least: number, most: number = Number.MAX_SAFE_INTEGER): number | undefined {
    const value = this.value(name);
    if (value === undefined) return value;
    if (Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most) return Number(value);
    const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
    throw this.wrong(name, `a whole number ${range}`);
  }

  /** A text, or a list of texts. */
  texts(name: string): readonly string[] | undefined {
    const value = this.value(name);
    if (value === undefined) return value;
    const list = Array.isArray(value) ? value : [value];
    if (list.every((text) => typeof text === "string")) return list;
    throw this.wrong(name, "a text or a list of texts");
  }

  object(name: string): RequestFields | undefined {
    const value = this.value(name);
    if (value === undefined) return value;
    if (isJsonObject(value)) {
      const own = this.#objects.get(name) ?? new RequestFields(value, `${this.#path}${name}.`);
      this.#objects.set(name, own);
      return own;
    }
    throw this.wrong(name, "an object");
  }

  entries(): readonly (readonly [string, JsonValue | undefined])[] {
    this.pass(...Object.keys(this.#fields));
    return Object.entries(this.#fields);
  }

  wrong(name: string, expected: string): RequestError {
    const param = `${this.#path}${name}`;
    return new RequestError(400, `${param}: expected ${expected}, found ${quote(this.#fields[name])}`, {
      param,
      code: "invalid_value",
    });
  }

  /** Refuses a field that would change the answer and is not supported. */
  refuse(name: string, ...accepted: readonly JsonValue[]): void {
    const value = this.value(name);
    if (value === undefined || accepted.includes(value)) return;
    const param = `${this.#path}${name}`;
    throw new RequestError(400, `${param} is not supported`, { param, code: "unsupported_parameter" });
  }
}

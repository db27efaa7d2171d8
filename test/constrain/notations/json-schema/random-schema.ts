/** Schemas drawn at random from the keywords that are enforced. */

import type { JsonObject, JsonValue } from "../../../../src/files/json.ts";
import type { Random } from "../../../../src/generate/sampling/random.ts";

const NAMES = ["a", "b", "name", "x y", "ü", 'q"', "list", "$ref"];
const PATTERNS = ["^[a-c]+$", "^a", "z$", "\\d{2,4}", "^(ab|cd)*é?$", '[^x"]\\\\', "^\\p{Lu}\\w*$", "^$"];
const FORMATS = ["date", "time", "date-time", "email", "hostname", "ipv4", "ipv6", "uuid", "uri", "duration"];

export class SchemaDrawer {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** @param depth of schemas inside */
  draw(depth: number): JsonValue {
    const kinds = depth > 0 ? 12 : 7;
    switch (this.#below(kinds)) {
      case 0:
        return this.#some({ type: "integer" }, this.#bounds(true));
      case 1:
        return this.#some({ type: "number" }, this.#bounds(false));
      case 2:
        return this.#string();
      case 3:
        return { enum: this.#several([1, "a", null, true, "b\n", -2.5, "é"], 1) };
      case 4:
        return { type: this.#several(["null", "boolean", "integer", "string"], 1) };
      case 5:
        return this.#is() ? { const: 'fixed "text"' } : { type: "boolean" };
      case 6:
        return { type: "string", format: this.#one(FORMATS) };
      case 7:
      case 8:
        return this.#object(depth);
      case 9:
        return this.#list(depth);
      case 10:
        return { anyOf: [this.draw(depth - 1), this.draw(depth - 1)] };
      default:
        return this.#is()
          ? {
              oneOf: [
                { type: "string", maxLength: 4 },
                { type: "array", items: this.draw(depth - 1), maxItems: 2 },
              ],
            }
          : {
              allOf: [
                { type: "object", properties: { a: this.draw(depth - 1) } },
                { required: ["a"], maxProperties: 2 },
              ],
            };
    }
  }

  #object(depth: number): JsonObject {
    const names = this.#several(NAMES, 0);
    const properties = Object.fromEntries(names.map((name) => [name, this.draw(depth - 1)]));
    const count = names.length;
    return this.#some(
      { type: "object", properties, required: names.filter(() => this.#is()) },
      {
        ...(this.#is() && { additionalProperties: this.#is() ? false : this.draw(0) }),
        ...(this.#below(4) === 0 && { patternProperties: { "^p": this.draw(0) } }),
        ...(this.#below(4) === 0 && { propertyNames: { maxLength: 6 } }),
        ...(this.#below(4) === 0 && { minProperties: Math.min(1, count) }),
        ...(this.#below(4) === 0 && { maxProperties: count + 1 }),
      },
    );
  }

  #list(depth: number): JsonObject {
    const least = this.#below(3);
    return this.#some(
      { type: "array", items: this.draw(depth - 1) },
      {
        ...(this.#is() && { minItems: least }),
        ...(this.#is() && { maxItems: least + this.#below(4) }),
      },
    );
  }

  #string(): JsonObject {
    const least = this.#below(4);
    return this.#some(
      { type: "string" },
      {
        ...(this.#is() && { minLength: least }),
        ...(this.#is() && { maxLength: least + this.#below(100) }),
        ...(this.#below(3) === 0 && { pattern: this.#one(PATTERNS) }),
      },
    );
  }

  #bounds(whole: boolean): JsonObject {
    const value = () => (whole || this.#is() ? this.#below(4000) - 2000 : (this.#below(40_000) - 20_000) / 8);
    const [one, other] = [value(), value()].sort((a, b) => a - b) as [number, number];
    return {
      ...(this.#is() && { [this.#is() ? "minimum" : "exclusiveMinimum"]: one }),
      ...(this.#is() && { [this.#is() ? "maximum" : "exclusiveMaximum"]: other + 1 }),
      ...(this.#below(4) === 0 && whole && { multipleOf: 1 + this.#below(30) }),
    };
  }

  #some(schema: JsonObject, more: JsonObject): JsonObject {
    return { ...schema, ...more };
  }

  #below(count: number): number {
    return Math.floor(this.#random.uniform() * count);
  }

  #is(): boolean {
    return this.#below(2) === 0;
  }

  #one<T>(from: readonly T[]): T {
    return from[this.#below(from.length)] as T;
  }

  #several<T>(from: readonly T[], least: number): T[] {
    const chosen = from.filter(() => this.#below(3) === 0);
    return chosen.length >= least ? chosen : [this.#one(from)];
  }
}

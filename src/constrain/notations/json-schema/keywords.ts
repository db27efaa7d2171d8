/** The keywords of JSON Schema (draft 2020-12, and the forms of draft 7), and what becomes of each. */
import { GptError } from "../../../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../files/json.ts";

export type Treatment =
  /** Every text keeps it. */
  | "enforced"
  /** It says nothing about values. */
  | "annotation"
  /** A schema with it is an error. */
  | "refused";

const ENFORCED =
  `$ref $dynamicRef type enum const properties required additionalProperties patternProperties propertyNames
  unevaluatedProperties unevaluatedItems contains minContains maxContains
  minProperties maxProperties items prefixItems additionalItems minItems maxItems minLength maxLength pattern format
  minimum maximum exclusiveMinimum exclusiveMaximum multipleOf anyOf oneOf allOf not if then else
  dependentRequired dependentSchemas dependencies uniqueItems`.split(/\s+/);
const ANNOTATIONS =
  `$schema $id $anchor $dynamicAnchor $comment $defs $vocabulary definitions title description default examples example
  deprecated readOnly writeOnly contentEncoding contentMediaType contentSchema`.split(/\s+/);

/** Of a keyword in any schema; `refusedUse` knows uses that are refused all the same. */
export const treatmentOf = (keyword: string): Treatment => {
  if (ENFORCED.includes(keyword)) return "enforced";
  return ANNOTATIONS.includes(keyword) || keyword.startsWith("x-") ? "annotation" : "refused";
};

export type JsonSchema = boolean | JsonObject;

/** A schema and where it stands in its document. */
export interface Located {
  readonly schema: JsonValue;
  readonly pointer: string;
  /** Whether what the schema does not allow is meant. */
  readonly isOpposite?: true;
}

/** What the schema at a place does not allow. */
export const opposite = ({ isOpposite, ...located }: Located): Located =>
  isOpposite ? located : { ...located, isOpposite: true };

/** The same for the same values. */
export const nameOf = ({ isOpposite, pointer }: Located): string => (isOpposite ? `not ${pointer}` : pointer);

export const inside = ({ pointer }: Located, key: string | number, schema: JsonValue): Located => ({
  schema,
  pointer: `${pointer}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`,
});

export const fault = ({ pointer }: Located, problem: string): GptError =>
  new GptError("usage", `the JSON schema at ${pointer}: ${problem}`);

/** Items that keep a schema. */
export interface Contained {
  readonly item: Located;
  readonly least: number;
  readonly most: number;
}

/** Reads keywords of one schema; each is checked for its type. */
export class Keywords {
  readonly located: Located;
  readonly #schema: JsonObject;

  /** @throws GptError `usage` for a keyword that is not supported */
  constructor(located: Located, schema: JsonObject) {
    this.located = located;
    this.#schema = schema;
    for (const keyword of Object.keys(schema)) {
      if (treatmentOf(keyword) === "refused") throw this.fault(keyword, "is not supported");
    }
  }

  fault(keyword: string, problem: string): GptError {
    return fault(this.located, `${keyword} ${problem}`);
  }

  value(keyword: string): JsonValue | undefined {
    return Object.hasOwn(this.#schema, keyword) ? this.#schema[keyword] : undefined;
  }

  schema(keyword: string): Located | undefined {
    const value = this.value(keyword);
    return value === undefined ? undefined : inside(this.located, keyword, value);
  }

  schemas(keyword: string): readonly Located[] | undefined {
    const value = this.value(keyword);
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || value.length === 0) throw this.fault(keyword, "must be a list of schemas");
    const list = inside(this.located, keyword, value);
    return value.map((item: JsonValue, i) => inside(list, i, item));
  }

  named(keyword: string): ReadonlyMap<string, Located> {
    const value = this.value(keyword);
    if (value === undefined) return new Map();
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw this.fault(keyword, "must be an object of schemas");
    }
    const parent = inside(this.located, keyword, value);
    return new Map(
      Object.entries(value).map(([name, schema]) => [name, inside(parent, name, schema ?? null)]),
    );
  }

  /** What an object keeps that has a property: schemas, or, in draft 7, lists of names. */
  dependents(): readonly (readonly [name: string, needed: Located])[] {
    return [...this.named("dependentSchemas"), ...this.named("dependencies")];
  }

  /** Items that a list has, and how many. */
  contained(): readonly Contained[] {
    const item = this.schema("contains");
    if (item === undefined) return [];
    const [least, most] = [this.count("minContains", 1), this.count("maxContains", Infinity)];
    return least === 0 && most === Infinity ? [] : [{ item, least, most }];
  }

  count(keyword: string, otherwise: number): number {
    const value = this.value(keyword) ?? otherwise;
    if (typeof value === "number" && value >= 0 && (Number.isInteger(value) || value === otherwise))
      return value;
    throw this.fault(keyword, "must be a whole number from 0");
  }

  number(keyword: string): number | undefined {
    const value = this.value(keyword);
    if (value === undefined || (typeof value === "number" && Number.isFinite(value))) return value;
    throw this.fault(keyword, "must be a number");
  }

  text(keyword: string): string | undefined {
    const value = this.value(keyword);
    if (value === undefined || typeof value === "string") return value;
    throw this.fault(keyword, "must be a text");
  }

  flag(keyword: string): boolean {
    const value = this.value(keyword) ?? false;
    if (typeof value === "boolean") return value;
    throw this.fault(keyword, "must be true or false");
  }

  /** Lists of texts by names. */
  lists(keyword: string): Readonly<Record<string, readonly string[]>> {
    const value = this.value(keyword) ?? {};
    const isList = (list: JsonValue | undefined) =>
      Array.isArray(list) && list.every((item) => typeof item === "string");
    if (isJsonObject(value) && Object.values(value).every(isList)) {
      return value as Readonly<Record<string, readonly string[]>>;
    }
    throw this.fault(keyword, "must be an object of lists of texts");
  }

  texts(keyword: string): readonly string[] {
    const value = this.value(keyword) ?? [];
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
    throw this.fault(keyword, "must be a list of texts");
  }
}

/** What becomes of each keyword of a schema. */
import { GptError } from "../../../errors.ts";
import { isJsonObject, type JsonValue } from "../../../files/json.ts";
import { Constraint } from "../../constraint.ts";
import { schemaGrammar } from "./grammar.ts";
import { inside, type Located, type Treatment, treatmentOf } from "./keywords.ts";

export interface KeywordUse {
  /** Where the keyword stands. */
  readonly pointer: string;
  readonly keyword: string;
  readonly treatment: Treatment;
}

export interface SchemaReport {
  readonly uses: readonly KeywordUse[];
  /** Why the schema is refused; undefined if it can be used. */
  readonly problem: string | undefined;
}

const LISTS = ["allOf", "anyOf", "oneOf", "prefixItems"];
const NAMED = ["properties", "patternProperties", "$defs", "definitions"];
const SINGLE = [
  "items",
  "additionalItems",
  "additionalProperties",
  "propertyNames",
  "not",
  "if",
  "then",
  "else",
];

export function schemaReport(schema: JsonValue): SchemaReport {
  return { uses: [...usesOf({ schema, pointer: "#" })], problem: problemOf(schema) };
}

function problemOf(schema: JsonValue): string | undefined {
  try {
    new Constraint(schemaGrammar(schema), "the JSON schema");
    return undefined;
  } catch (error) {
    if (error instanceof GptError) return error.message;
    throw error;
  }
}

function* usesOf(located: Located): Generator<KeywordUse> {
  const { schema, pointer } = located;
  if (!isJsonObject(schema)) return;
  for (const [keyword, value = null] of Object.entries(schema)) {
    yield { pointer, keyword, treatment: treatmentOf(keyword) };
    const inner = inside(located, keyword, value);
    if (SINGLE.includes(keyword) && !Array.isArray(value)) yield* usesOf(inner);
    const isList = LISTS.includes(keyword) || keyword === "items";
    const isNamed = NAMED.includes(keyword) && isJsonObject(value);
    if ((isList && Array.isArray(value)) || isNamed) {
      for (const [key, part = null] of Object.entries(value as object))
        yield* usesOf(inside(inner, key, part));
    }
  }
}

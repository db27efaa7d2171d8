/** What becomes of each keyword of a schema. */
import { GptError } from "../../../errors.ts";
import { isJsonObject, type JsonValue } from "../../../files/json.ts";
import { Constraint } from "../../constraint.ts";
import { schemaGrammar } from "./grammar.ts";
import { type Located, type Treatment, treatmentOf } from "./keywords.ts";
import { subschemas } from "./subschemas.ts";

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
  for (const keyword of Object.keys(schema)) {
    yield { pointer, keyword, treatment: treatmentOf(keyword) };
    for (const part of subschemas(located, schema, keyword)) yield* usesOf(part);
  }
}

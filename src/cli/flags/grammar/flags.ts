/** Flags for the grammar that a text keeps. A grammar is read and compiled before a model is loaded. */
import { readFileSync } from "node:fs";
import type { JsonSchema } from "../../../constrain/notations/json-schema/keywords.ts";
import { constraintIn } from "../../../constrain/notations/table.ts";
import { GptError } from "../../../errors.ts";
import { fileError } from "../../../files/file.ts";
import { isJsonObject } from "../../../files/json.ts";
import { decodeText } from "../../../files/utf8.ts";
import type { Conflict } from "../conflicts.ts";
import { expected, type Parse, toggle, value } from "../flags.ts";
import type { ParsedFlags } from "../parsed-flags.ts";

/** Shells complete the name of a file. */
function fileReader<T>(read: (path: string) => T): Parse<T> {
  return Object.assign((path: string) => read(path), { completion: "file" } as const);
}

function contentOf(path: string): string {
  try {
    return decodeText(readFileSync(path), path);
  } catch (error) {
    throw fileError(path, "opened", error);
  }
}

function grammarText(path: string): string {
  const content = contentOf(path);
  readable(path, () => constraintIn("grammar", content));
  return content;
}

/** @throws GptError `invalid-file` for a file that is no grammar, or one that is not supported */
function readable(origin: string, read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (error instanceof GptError) throw new GptError("invalid-file", `${origin}: ${error.message}`);
    throw error;
  }
}

/** @throws GptError `invalid-file` for a text that is no schema */
export function schemaText(content: string, origin: string): JsonSchema {
  let schema: unknown;
  try {
    schema = JSON.parse(content);
  } catch (error) {
    throw new GptError("invalid-file", `${origin}: is not JSON: ${(error as Error).message}`);
  }
  if (typeof schema === "boolean" || isJsonObject(schema)) return schema;
  throw new GptError("invalid-file", `${origin}: a JSON schema is an object, true or false`);
}

/** A text that begins as an object does is the schema itself. */
const jsonSchema = fileReader((given: string): JsonSchema => {
  const isText = /^\s*\{/.test(given);
  const schema = isText ? schemaText(given, "the schema") : schemaText(contentOf(given), given);
  constraintIn("jsonSchema", schema);
  return schema;
});

const grammar = fileReader(grammarText);

function regex(given: string): string {
  constraintIn("regex", given);
  return given;
}

/** `\,` is a comma in a choice. */
function choices(given: string): readonly string[] {
  const texts = given.split(/(?<!\\),/).map((choice) => choice.replaceAll("\\,", ","));
  if (texts.some((choice) => choice === ""))
    throw expected("texts with commas between them, such as yes,no", given);
  return texts;
}

export const constraintFlags = {
  grammar: value(grammar, "A file with a grammar that the text keeps, in llama.cpp's notation (GBNF)"),
  regex: value(regex, "A regular expression that the whole text matches"),
  "json-schema": value(
    jsonSchema,
    "A JSON schema, as a file or as it stands: the text is JSON that keeps it",
  ),
  "any-json": toggle("The text is JSON of any kind"),
  choices: value(choices, "Texts, one of which is the whole text: yes,no; \\, is a comma in one"),
};

type ConstraintArguments = Partial<ParsedFlags<typeof constraintFlags>>;

export const constraintConflicts = (args: ConstraintArguments): readonly Conflict[] => {
  const given = Object.keys(constraintFlags).filter(
    (name) => args[name as keyof typeof constraintFlags] !== undefined,
  );
  const [first, second] = given;
  return [
    {
      holds: second !== undefined,
      flags: given,
      problem: `--${first} and --${second} each say what the whole text is: give one of them`,
    },
  ];
};

/** Flags for the grammar that a text keeps. A grammar is read and compiled before a model is loaded. */
import { readFileSync } from "node:fs";
import { constraintIn } from "../../constrain/notations/table.ts";
import { fileError } from "../../files/file.ts";
import { decodeText } from "../../files/utf8.ts";
import type { Conflict } from "./conflicts.ts";
import { expected, type Parse, value } from "./flags.ts";
import type { ParsedFlags } from "./parsed-flags.ts";

function grammarText(path: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw fileError(path, "opened", error);
  }
  const content = decodeText(bytes, path);
  constraintIn("grammar", content);
  return content;
}

/** Shells complete the name of a file. */
function fileReader<T>(read: (path: string) => T): Parse<T> {
  return Object.assign((path: string) => read(path), { completion: "file" } as const);
}

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

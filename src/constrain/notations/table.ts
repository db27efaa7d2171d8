/** The notations that a grammar may be given in, each the name of an option. */
import { OptionError, optionNamed } from "../../checks/option-error.ts";
import { Constraint } from "../constraint.ts";
import type { Grammar } from "../grammar/expression.ts";
import { choicesGrammar } from "./choices.ts";
import { parseGbnf } from "./gbnf.ts";
import { schemaGrammar } from "./json-schema/grammar.ts";
import type { JsonSchema } from "./json-schema/keywords.ts";
import { regexGrammar } from "./regex/grammar.ts";
import { type NotationPart, type Structure, structureGrammar } from "./structure.ts";

export interface Notations {
  readonly grammar: string;
  readonly regex: string;
  readonly choices: readonly string[];
  readonly jsonSchema: JsonSchema;
  readonly anyJson: boolean;
  readonly structure: Structure;
}

export type Notation = keyof Notations;

const readers: { readonly [Name in Notation]: (given: Notations[Name]) => Grammar } = {
  grammar: parseGbnf,
  regex: regexGrammar,
  choices: choicesGrammar,
  jsonSchema: schemaGrammar,
  anyJson: () => schemaGrammar(true),
  structure: (given) => structureGrammar(given, grammarOfPart),
};

function grammarOfPart(part: NotationPart): Grammar {
  const [name] = Object.keys(part) as [Notation];
  const read: (given: never) => Grammar = readers[name];
  return read(Object.values(part)[0] as never);
}

/** For errors. */
const names: Readonly<Record<Notation, string>> = {
  grammar: "the grammar",
  regex: "the regular expression",
  choices: "the choices",
  jsonSchema: "the JSON schema",
  anyJson: "JSON",
  structure: "the structure",
};

const notations = Object.keys(readers) as Notation[];

/** Constraints that are kept: a batch or a server has the same ones again and again. */
const MOST_KEPT = 32;
const kept = new Map<string, Constraint>();

type Given = { readonly [Name in Notation]?: Notations[Name] | undefined };

/**
 * The notation that options give a grammar in; undefined if they give none.
 *
 * @throws GptError `usage` for two at a time
 */
export function notationOf(options: Given): Notation | undefined {
  const [name, second] = notations.filter(
    (notation) => options[notation] !== undefined && (notation !== "anyJson" || options.anyJson),
  );
  if (name === undefined || second === undefined) return name;
  const both = `${optionNamed(name)} and ${optionNamed(second)}`;
  throw new OptionError("usage", `${both} each say what the whole text is: give one of them`);
}

/**
 * The constraint that options ask for; undefined if they ask for none.
 *
 * @throws GptError `usage` for two at a time, and for what is no grammar or is not supported
 */
export function constraintOf(options: Given): Constraint | undefined {
  const name = notationOf(options);
  return name && constraintIn(name, options[name] as Notations[typeof name]);
}

/** @throws GptError `usage` for what is no grammar, or is not supported */
export function constraintIn<Name extends Notation>(name: Name, given: Notations[Name]): Constraint {
  const key = JSON.stringify([name, given]);
  const known = kept.get(key);
  if (known !== undefined) return known;
  const read: (given: Notations[Name]) => Grammar = readers[name];
  const constraint = new Constraint(read(given), names[name]);
  if (kept.size >= MOST_KEPT) for (const oldest of kept.keys()) if (kept.delete(oldest)) break;
  kept.set(key, constraint);
  return constraint;
}

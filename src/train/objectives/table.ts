/** The table of objectives. */
import { checkValue, objectRule, type Rule } from "../../checks/rules.ts";
import { type ChosenClasses, type ClassesSettings, classes } from "./classes.ts";
import { type LanguageSettings, language } from "./language.ts";
import { type MaskedLanguageSettings, maskedLanguage } from "./masked-language.ts";
import type { ObjectiveKind } from "./objective.ts";
import { type SequenceToSequenceSettings, sequenceToSequence } from "./sequence-to-sequence.ts";

const OBJECTIVES = {
  language,
  classes,
  "masked-language": maskedLanguage,
  "sequence-to-sequence": sequenceToSequence,
} as const;

type PlainSettings = LanguageSettings | MaskedLanguageSettings | SequenceToSequenceSettings;

export type ObjectiveSettings = PlainSettings | ClassesSettings;
/** The options of a caller. */
export type ChosenObjective = PlainSettings | ChosenClasses;

const kindRule: Rule = {
  expected: `one of ${Object.keys(OBJECTIVES).join(", ")}`,
  holds: (value) => typeof value === "string" && Object.hasOwn(OBJECTIVES, value),
};

/** @throws GptError `usage` for an unknown kind, for a value outside its range and for an unknown option */
export function resolveObjective(given: ChosenObjective): ObjectiveSettings {
  checkValue("objective", given, objectRule);
  const { kind, ...options } = given;
  checkValue("objective.kind", kind, kindRule);
  return OBJECTIVES[kind].resolve(options);
}

/** The kind takes its own settings alone, which the types of a table cannot say. */
export const kindOf = ({ kind }: ObjectiveSettings): ObjectiveKind<ObjectiveSettings> =>
  OBJECTIVES[kind] as ObjectiveKind<ObjectiveSettings>;

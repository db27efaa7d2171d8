/** The table of objectives. */
import { checkValue, objectRule, type Rule } from "../../checks/rules.ts";
import { type ChosenClasses, type ClassesSettings, classes } from "./classes.ts";
import { type ChosenDistill, type DistillSettings, distill } from "./distillation/distill.ts";
import { type LanguageSettings, language } from "./language.ts";
import { type MaskedLanguageSettings, maskedLanguage } from "./masked-language.ts";
import type { Defaults, ObjectiveKind } from "./objective.ts";
import { type ChosenGrpo, type GrpoSettings, grpo } from "./policy/grpo.ts";
import { type ChosenPpo, type PpoSettings, ppo } from "./policy/ppo.ts";
import { type ChosenDpo, type DpoSettings, dpo } from "./preference/dpo.ts";
import { type ChosenKto, type KtoSettings, kto } from "./preference/kto.ts";
import { type ChosenOrpo, type OrpoSettings, orpo } from "./preference/orpo.ts";
import { type ChosenReward, type RewardSettings, reward } from "./preference/reward.ts";
import { type SequenceToSequenceSettings, sequenceToSequence } from "./sequence-to-sequence.ts";

const OBJECTIVES = {
  language,
  classes,
  "masked-language": maskedLanguage,
  "sequence-to-sequence": sequenceToSequence,
  reward,
  dpo,
  orpo,
  kto,
  ppo,
  grpo,
  distill,
} as const;

type PlainSettings = LanguageSettings | MaskedLanguageSettings | SequenceToSequenceSettings;

export type ObjectiveSettings =
  | PlainSettings
  | ClassesSettings
  | RewardSettings
  | DpoSettings
  | OrpoSettings
  | KtoSettings
  | PpoSettings
  | GrpoSettings
  | DistillSettings;
/** The options of a caller. */
export type ChosenObjective =
  | PlainSettings
  | ChosenClasses
  | ChosenReward
  | ChosenDpo
  | ChosenOrpo
  | ChosenKto
  | ChosenPpo
  | ChosenGrpo
  | ChosenDistill;

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

export const defaultsOf = (settings: ObjectiveSettings): Defaults =>
  kindOf(settings).defaults?.(settings) ?? {};

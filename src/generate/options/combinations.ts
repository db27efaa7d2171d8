/**
 * Options without effect beside others: beam search draws nothing, sampling searches nothing, and only one
 * drafter guesses.
 */
import { OptionError, optionNamed } from "../../checks/option-error.ts";
import type { Penalties } from "../sampling/penalties.ts";
import type { GenerateOptions } from "./options.ts";
import { defaults, type GenerateSettings } from "./settings.ts";

type Name = keyof GenerateOptions;

/** Options without effect, each with its harmless values. */
type Ignored = Readonly<Partial<Record<Name, readonly unknown[]>>>;

/** The options that shape a draw. */
const SHAPE: Ignored = { topK: [], topP: [], minP: [], typicalP: [] };

/** Not with beam search. Temperature 0 says the same: not to draw. */
const WITH_BEAMS: Ignored = {
  temperature: [0],
  ...SHAPE,
  logprobs: [],
  promptLogprobs: [false],
  overflow: ["error", "truncate-left"],
  lookup: [0],
  draft: [],
};

/** For beam search only. */
const WITHOUT_BEAMS: Ignored = { lengthPenalty: [], earlyStopping: [] };

/** Not with a draft model. */
const WITH_DRAFT: Ignored = { lookup: [0] };

/** For a draft model only. */
const WITHOUT_DRAFT: Ignored = { draftMax: [] };

const PENALTIES = ["repeatPenalty", "presencePenalty", "frequencyPenalty"] as const;

/** An option without effect, and the option that takes it. */
export interface Rivalry {
  readonly name: Name;
  readonly beside: Name;
}

/** The options that would have no effect though they ask for something. */
export function ignoredOptions(options: GenerateOptions, beams: number): readonly Rivalry[] {
  const ours: GenerateOptions = defaults;
  const rivals = (ignored: Ignored, beside: Name) =>
    ignoredOf(options, ignored)
      .filter((name) => options[name] !== ours[name])
      .map((name) => ({ name, beside }));
  return [
    ...rivals(beams > 1 ? WITH_BEAMS : WITHOUT_BEAMS, "beams"),
    ...rivals(options.draft ? WITH_DRAFT : WITHOUT_DRAFT, "draft"),
  ];
}

/** @throws GptError `usage` for the first option that would have no effect */
export function refuseIgnored(options: GenerateOptions, beams: number): void {
  const [ignored] = ignoredOptions(options, beams);
  if (ignored === undefined) return;
  const { name } = ignored;
  const said = name === "draft" ? optionNamed(name) : `${optionNamed(name)} ${options[name]}`;
  const { beside, remedy } = conflictOf(ignored, beams);
  throw new OptionError("usage", `${said} does not go ${beside}: leave it out, or ${remedy}`);
}

function conflictOf({ name, beside }: Rivalry, beams: number) {
  const other = optionNamed(beside);
  if (name === "draftMax") return { beside: `without ${other}`, remedy: "give a draft model" };
  if (beside === "draft") return { beside: `with ${other}`, remedy: "leave the draft model out" };
  return { beside: `with ${other} ${beams}`, remedy: `set ${other} to ${beams > 1 ? "1" : "2 or more"}` };
}

/**
 * Options of a lower layer beside those of a higher one: beam search, and temperature 0, give way to options
 * that would have no effect beside them.
 */
export function besideOthers(
  options: GenerateOptions,
  lower: GenerateOptions,
): { readonly options: GenerateOptions; readonly dropped: readonly Rivalry[] } {
  const [drawn] = options.beams === undefined ? ignoredOf(options, WITH_BEAMS) : [];
  const [shaped] = options.temperature === undefined ? ignoredOf(options, SHAPE) : [];
  const dropped: Rivalry[] = [];
  if (lower.beams !== undefined && drawn) dropped.push({ name: "beams", beside: drawn });
  if (lower.temperature === 0 && shaped) dropped.push({ name: "temperature", beside: shaped });
  const isKept = ([name]: [string, unknown]) => !dropped.some((rivalry) => rivalry.name === name);
  return { options: Object.fromEntries(Object.entries(lower).filter(isKept)), dropped };
}

type Rivals = Pick<GenerateSettings, "beams" | "temperature" | keyof Penalties> &
  Partial<Pick<GenerateSettings, "draft">>;

/** The settings that change nothing beside the others, whatever their values. */
export function idleSettings(settings: Rivals): ReadonlySet<Name> {
  const { beams, temperature, repeatLastN, repeatPenalty, presencePenalty, frequencyPenalty } = settings;
  const penalized = repeatPenalty !== 1 || presencePenalty !== 0 || frequencyPenalty !== 0;
  return new Set<Name>([
    ...(beams > 1 ? ["temperature" as const] : namesOf(WITHOUT_BEAMS)),
    ...(beams > 1 || temperature === 0 ? namesOf(SHAPE) : []),
    ...(settings.draft ? [] : namesOf(WITHOUT_DRAFT)),
    ...(penalized ? [] : ["repeatLastN" as const]),
    ...(repeatLastN === 0 ? PENALTIES : []),
  ]);
}

const namesOf = (ignored: Ignored): Name[] => Object.keys(ignored) as Name[];

const ignoredOf = (options: GenerateOptions, ignored: Ignored): Name[] =>
  namesOf(ignored).filter((name) => {
    const value = options[name];
    return value !== undefined && !ignored[name]?.includes(value);
  });

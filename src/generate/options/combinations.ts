/** Options that would be ignored beside others: beam search draws nothing, sampling searches nothing, one of two guesses. */
import { GptError } from "../../errors.ts";
import type { Penalties } from "../sampling/penalties.ts";
import type { GenerateOptions } from "./options.ts";
import { defaults, type GenerateSettings } from "./settings.ts";

type Name = keyof GenerateOptions;

/** Options that would be ignored, each with the values that ask for nothing else than what happens. */
type Ignored = Readonly<Partial<Record<Name, readonly unknown[]>>>;

/** What shapes a draw: ignored where nothing is drawn. */
const SHAPE: Ignored = { topK: [], topP: [], minP: [], typicalP: [] };

/** What does not go with beam search. Temperature 0 says what it does: not to draw. */
const WITH_BEAMS: Ignored = {
  temperature: [0],
  ...SHAPE,
  logprobs: [],
  promptLogprobs: [false],
  overflow: ["error", "truncate-left"],
  lookup: [0],
  draft: [],
};

/** What only beam search uses. */
const WITHOUT_BEAMS: Ignored = { lengthPenalty: [], earlyStopping: [] };

/** What does not go with a draft model. */
const WITH_DRAFT: Ignored = { lookup: [0] };

/** What only a draft model uses. */
const WITHOUT_DRAFT: Ignored = { draftMax: [] };

const PENALTIES = ["repeatPenalty", "presencePenalty", "frequencyPenalty"] as const;

/**
 * @param options as the caller gave them: what a checkpoint advises or is a default may be ignored
 * @param settings what they were resolved to
 * @param called what the caller calls an option
 * @throws GptError `usage` for the first option that would be ignored
 */
export function refuseIdle(
  options: GenerateOptions,
  { beams }: Pick<GenerateSettings, "beams">,
  called: (name: Name) => string = (name) => name,
): void {
  const [name] = ignoredOptions(options, beams);
  if (name === undefined) return;
  const { beside, remedy } = rivalOf(name, beams);
  const given = name === "draft" ? called(name) : `${called(name)} ${options[name]}`;
  throw new GptError("usage", `${given} does not go ${beside}: leave it out, or ${remedy}`);
}

function rivalOf(name: Name, beams: number): { readonly beside: string; readonly remedy: string } {
  if (name === "draftMax") return { beside: "without draft", remedy: "give a draft model" };
  if (beams > 1) return { beside: `with beams ${beams}`, remedy: "set beams to 1" };
  if (name === "lookup") return { beside: "with draft", remedy: "leave the draft model out" };
  return { beside: `with beams ${beams}`, remedy: "set beams to 2 or more" };
}

/** The options that would be ignored though they ask for something. */
export function ignoredOptions(options: GenerateOptions, beams: number): readonly Name[] {
  const ours: GenerateOptions = defaults;
  const ignored = [
    ...ignoredOf(options, beams > 1 ? WITH_BEAMS : WITHOUT_BEAMS),
    ...ignoredOf(options, options.draft ? WITH_DRAFT : WITHOUT_DRAFT),
  ];
  return ignored.filter((name) => options[name] !== ours[name]);
}

/** An option that a checkpoint advises, and the one of the caller's that it gives way to. */
export interface Concession {
  readonly advised: Name;
  readonly to: Name;
}

/** What of a checkpoint's advice would make an option of the caller's be ignored: beam search, and not to draw. */
export function concessions(options: GenerateOptions, advised: GenerateOptions): Concession[] {
  const [drawn] = options.beams === undefined ? ignoredOf(options, WITH_BEAMS) : [];
  const [shaped] = options.temperature === undefined ? ignoredOf(options, SHAPE) : [];
  const conceded: Concession[] = [];
  if (advised.beams !== undefined && drawn) conceded.push({ advised: "beams", to: drawn });
  if (advised.temperature === 0 && shaped) conceded.push({ advised: "temperature", to: shaped });
  return conceded;
}

/** What of a checkpoint's advice holds beside what the caller gave. */
export function adviceBeside(options: GenerateOptions, advised: GenerateOptions): GenerateOptions {
  const conceded = concessions(options, advised).map(({ advised }) => advised);
  return Object.fromEntries(Object.entries(advised).filter(([name]) => !conceded.includes(name as Name)));
}

type Rivals = Pick<GenerateSettings, "beams" | "temperature" | keyof Penalties> &
  Partial<Pick<GenerateSettings, "draft">>;

/** The settings that change nothing beside the others, whatever they are. */
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

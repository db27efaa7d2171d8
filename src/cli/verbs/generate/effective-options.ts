/** Options of generation from flags of two ranks: what was typed, and what the environment and a config file say. */
import { adviceBeside, ignoredOptions, refuseIdle } from "../../../generate/options/combinations.ts";
import type { GenerateOptions } from "../../../generate/options/options.ts";
import type { LanguageModel } from "../../../library/language-model.ts";
import { generateOptions, samplingFlags } from "../../flags/sampling-flags.ts";
import type { GenerateArguments } from "./flags.ts";

export interface RankedOptions {
  readonly typed: GenerateOptions;
  readonly inherited: GenerateOptions;
}

type Option = keyof GenerateOptions;

const flagNames = new Map<Option, string>([
  ...Object.entries(samplingFlags).map(([name, { option }]) => [option, name] as const),
  ["draft", "draft"],
]);

/** @param draft the model of --draft */
export function rankedOptions(args: GenerateArguments, draft?: LanguageModel): RankedOptions {
  const isInherited = (option: Option) => args.inherited.has(flagNames.get(option) ?? "");
  const options = { ...generateOptions(args), ...(draft && { draft }) };
  return { typed: pick(options, (name) => !isInherited(name)), inherited: pick(options, isInherited) };
}

/** What is asked for: an inherited option gives way where it would make one that was typed be ignored. */
export const askedOptions = ({ typed, inherited }: RankedOptions): GenerateOptions => ({
  ...adviceBeside(typed, inherited),
  ...typed,
});

/**
 * The same for a model, without what was inherited and would be ignored.
 *
 * @throws GptError `usage` for a typed option that would be ignored
 */
export function effectiveOptions(
  ranked: RankedOptions,
  { generationDefaults }: Pick<LanguageModel, "generationDefaults">,
): GenerateOptions {
  const asked = askedOptions(ranked);
  const { beams = 1 } = { ...adviceBeside(asked, generationDefaults), ...asked };
  const ignored = ignoredOptions(asked, beams).filter((name) => ranked.typed[name] === undefined);
  const options = pick(asked, (name) => !ignored.includes(name));
  refuseIdle(options, { beams }, (name) => flagNames.get(name) ?? name);
  return options;
}

const pick = (options: GenerateOptions, takes: (name: Option) => boolean): GenerateOptions =>
  Object.fromEntries(Object.entries(options).filter(([name]) => takes(name as Option)));

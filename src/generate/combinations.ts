/** Options that would be ignored beside others: beam search draws nothing, and sampling searches nothing. */
import { GptError } from "../errors.ts";
import type { GenerateOptions } from "./options.ts";
import { defaults, type GenerateSettings } from "./settings.ts";

type Idle = Readonly<Partial<Record<keyof GenerateOptions, readonly unknown[]>>>;

/** What does not go with beam search, and the values that do. Temperature 0 says what beam search does: not to draw. */
const WITH_BEAMS: Idle = {
  temperature: [0],
  topK: [],
  topP: [],
  minP: [],
  typicalP: [],
  logprobs: [],
  promptLogprobs: [],
  overflow: ["truncate-left"],
};

/** What only beam search uses. */
const WITHOUT_BEAMS: Idle = { lengthPenalty: [], earlyStopping: [] };

/**
 * @param options as the caller gave them: what a checkpoint advises or is a default may be ignored
 * @param settings what they were resolved to
 * @throws GptError `usage` for the first option that would be ignored
 */
export function refuseIdle(options: GenerateOptions, { beams }: Pick<GenerateSettings, "beams">): void {
  const ours: GenerateOptions = defaults;
  const idle = Object.entries(beams > 1 ? WITH_BEAMS : WITHOUT_BEAMS);
  for (const [name, harmless] of idle) {
    const value = options[name as keyof GenerateOptions];
    if (value === undefined || value === ours[name as keyof GenerateOptions] || harmless.includes(value))
      continue;
    const remedy = beams > 1 ? "leave it out, or set beams to 1" : "leave it out, or set beams to 2 or more";
    throw new GptError("usage", `${name} ${value} does not go with beams ${beams}: ${remedy}`);
  }
}

/** What the model in training, its reference and its value function say of responses. */
import { checkOptions, number, type Rule, signalRule } from "../../checks/rules.ts";
import { type Completion, completionOf, completionRows, completionTargets } from "../completions.ts";
import { type ExampleConfig, type PartsReader, readParts } from "../examples.ts";
import type { Measure } from "../objectives/objective.ts";
import { readTokens } from "../objectives/token-statistics.ts";

import type { HeadRows } from "./head-rows.ts";

export interface UnratedResponse {
  readonly prompt: readonly number[];
  readonly response: readonly number[];
}

export interface RateOptions {
  /** That the responses were sampled at. Default 1. */
  readonly temperature?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const rateRules: Readonly<Record<keyof RateOptions, Rule>> = {
  temperature: number("a number above 0", (value) => value > 0),
  signal: signalRule,
};

const reader: PartsReader = {
  read(example, limits) {
    const { prompt, response } = example as Readonly<Record<string, unknown>>;
    return [completionOf({ prompt, completion: ["response", response] }, limits)];
  },
};

export interface Rating {
  /** Log-probability of each id under the reference. */
  readonly refLogprobs: readonly number[];
  /** Value of the state before each id; without a value function there are none. */
  readonly values: readonly number[];
}

interface Raters {
  readonly reference: Measure;
  /** With the value head. */
  readonly values: Measure | undefined;
}

/**
 * What has to be measured of responses.
 *
 * @throws GptError `usage` that names the first wrong response
 */
export function rating(
  responses: readonly UnratedResponse[],
  options: RateOptions,
  { config, contextSize }: { readonly config: ExampleConfig; readonly contextSize: number },
): { readonly signal: AbortSignal | undefined; readonly rate: (raters: Raters) => Promise<Rating[]> } {
  const { temperature = 1, signal } = checkOptions(options, rateRules);
  const own = readParts(responses, reader, config, contextSize) as readonly Completion[];
  return { signal, rate: (raters) => ratingsOf(raters, own, temperature) };
}

/** @param temperature that the responses were sampled at */
async function ratingsOf(
  { reference, values }: Raters,
  responses: readonly Completion[],
  temperature: number,
): Promise<Rating[]> {
  const refLogprobs = await readRows(reference, responses, async (rows, group) => {
    return (await readTokens(rows, group.flatMap(completionTargets), temperature)).logprobs;
  });
  const own = await (values &&
    readRows(values, responses, async (rows) => {
      const all: number[] = [];
      await rows.read((outputs) => void all.push(...rows.gradients.view(outputs)));
      return all;
    }));
  return responses.map((response) => ({
    refLogprobs: refLogprobs.get(response) ?? [],
    values: own?.get(response) ?? [],
  }));
}

/** The numbers of the rows that predict the ids of each response. */
async function readRows(
  measure: Measure,
  responses: readonly Completion[],
  read: (rows: HeadRows, group: readonly Completion[]) => Promise<ArrayLike<number>>,
): Promise<ReadonlyMap<Completion, readonly number[]>> {
  const found = new Map<Completion, readonly number[]>();
  await measure(responses, async (rows, group) => {
    const numbers = Array.from(await read(rows, group));
    for (const { sequence, first, end } of completionRows(group))
      found.set(sequence, numbers.slice(first, end));
    return 0;
  });
  return found;
}

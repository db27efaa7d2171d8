/**
 * Why the likeliest token and not the second: direct attribution, gradients, and what happens without a
 * token.
 */
import type { Model } from "../../engine/model.ts";
import type { Attribution } from "../../look/attribution/attribution.ts";
import { topOf } from "../../look/distribution.ts";
import { gradients } from "../../look/gradients/gradients.ts";
import { type Baseline, integratedGradients } from "../../look/gradients/integrated-gradients.ts";
import { removedOne } from "../../look/gradients/leave-one-out.ts";
import { type Grid, integers, zeros } from "../../look/grid.ts";
import type { InputMethod, Why } from "../page-data.ts";

/** Steps of integrated gradients: each is a forward and a backward pass. */
const STEPS = 32;
const LEAST_STEPS = 8;
/** Bytes of weights that the steps of a large model read, a token at a time. */
const MOST_INTEGRATED = 2 ** 36;
/** Tokens of a text for which methods that run it again and again are worth their time. */
const MOST_REPEATED = 128;

export interface WhyOptions {
  /** Default: the likeliest. */
  readonly token?: number | undefined;
  /** Default: the likeliest other one. */
  readonly against?: number | undefined;
  /** Of integrated gradients. */
  readonly baseline?: Baseline | undefined;
  readonly steps?: number | undefined;
}

/** @param inputs what the tokens of the prompt do, by other methods */
export function whyOf(found: Attribution, inputs: readonly InputMethod[]): Why {
  const { token, against = token, layers, logit, sum } = found;
  const parts = [
    { name: "token embedding", value: found.embedding + found.embeddingBias },
    ...(found.position === 0 ? [] : [{ name: "position", value: found.position }]),
    ...layers.flatMap(({ layer, heads, mixer, attentionBias, mlp, mlpBias, other }) => [
      { name: `layer ${layer} attention`, value: total(heads) + mixer + attentionBias },
      { name: `layer ${layer} feed-forward`, value: mlp + mlpBias + other },
    ]),
    { name: "biases of the end", value: found.finalNormBias + found.headBias },
  ];
  const [heads, sources] = [headsOf(found), strongestSources(found)];
  return {
    token,
    against,
    logitDifference: logit,
    sum,
    parts,
    heads,
    sources,
    inputs: [sourcesOf(found), ...inputs],
  };
}

/** What the heads add, by the token that they read it from. */
function sourcesOf({ ids, layers }: Attribution): InputMethod {
  const values = zeros(ids.length);
  for (const { headsBySource } of layers) {
    for (const [i, value] of (headsBySource?.values ?? []).entries()) {
      const position = i % ids.length;
      values.values[position] = (values.values[position] ?? 0) + value;
    }
  }
  return {
    name: "what heads read from it",
    values,
    note: "What all heads together add to the difference of the logits, by the token that they read it from.",
  };
}

/** Parts of the heads, [L, heads]; NaN for a head that is not there. */
function headsOf({ layers }: Attribution): Grid {
  const most = Math.max(1, ...layers.map(({ heads }) => heads.values.length));
  const grid = zeros(layers.length, most);
  grid.values.fill(Number.NaN);
  for (const [i, { heads }] of layers.entries()) grid.values.set(heads.values, i * most);
  return grid;
}

/** The token from which each head read most of its part, [L, heads]; -1 where that is not known. */
function strongestSources({ ids, layers }: Attribution): Grid<Int32Array> {
  const most = Math.max(1, ...layers.map(({ heads }) => heads.values.length));
  const grid = integers(layers.length, most);
  grid.values.fill(-1);
  for (const [i, { heads, headsBySource }] of layers.entries()) {
    for (const head of headsBySource === undefined ? [] : heads.values.keys()) {
      const parts =
        headsBySource?.values.subarray(head * ids.length, (head + 1) * ids.length) ?? new Float32Array();
      const [strongest = -1] = topOf(parts.map(Math.abs), 1);
      grid.values[i * most + head] = strongest;
    }
  }
  return grid;
}

const total = ({ values }: Grid): number => values.reduce((sum, value) => sum + value, 0);

/**
 * Gradients, and the text without each of its tokens. None for a long text.
 *
 * @throws GptError `usage` for a model without gradients
 */
export async function inputMethods(
  model: Model,
  ids: readonly number[],
  token: number,
  { against, baseline, steps = stepsFor(model, ids) }: WhyOptions,
  signal?: AbortSignal,
): Promise<InputMethod[]> {
  if (ids.length > MOST_REPEATED) return [];
  const score = { token, against };
  const what = against === undefined ? "log-probability of the answer" : "difference of the two logits";
  const slopes = await gradients(model, ids, score, signal);
  const integrated = await integratedGradients(model, ids, score, { baseline, steps, signal });
  const first = { name: "gradient × input", values: slopes.gradientXInput };
  const second = { name: "integrated gradients", values: integrated.attributions };
  const gap = `They add up to ${integrated.sum.toFixed(3)}; the ${what} changes by ${integrated.difference.toFixed(3)}.`;
  const methods = [
    {
      ...first,
      note: `The slope of the ${what}, times the embedding. Exact for small changes only.`,
    },
    {
      ...second,
      note: `The slope on the way from a text of other tokens to this one, in ${steps} steps. ${gap}`,
    },
  ];
  if (ids.length < 2) return methods;
  const { removed } = await removedOne(model, ids, score, signal);
  const note = `How much the ${what} falls if the token is taken out of the text.`;
  return [...methods, { name: "leave it out", values: removed, note }];
}

/** As many steps as take seconds. The gap says what fewer of them cost. */
function stepsFor({ weights }: Pick<Model, "weights">, ids: readonly number[]): number {
  const read = ids.length * weights.reduce((sum, { bytes }) => sum + bytes, 0);
  return Math.max(LEAST_STEPS, Math.min(STEPS, Math.floor(MOST_INTEGRATED / read)));
}

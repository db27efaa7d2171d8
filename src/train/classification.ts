/**
 * Training a classifier out of a language model (Radford et al. 2018, section 3.2): a head on the hidden state of a text's last token
 * tells classes apart, and the model goes on learning to write the text.
 */
import type { HuggingFaceCheckpoint } from "../checkpoint/checkpoint.ts";
import { checkOptions, number, type Rule } from "../checks/rules.ts";
import type { Packing } from "../compute/packing/packing.ts";
import type { Matrix } from "../compute/tensor.ts";
import { GptError } from "../errors.ts";
import { asClassifier, type NewClassifier } from "../families/classifier.ts";
import type { ModelDescription } from "../families/description.ts";
import { parseModel } from "../families/parse.ts";
import type { JsonObject } from "../files/json.ts";
import { Random } from "../generate/sampling/random.ts";
import type { DecoderConfig } from "../model/config.ts";
import { outputsOf } from "../model/weights.ts";
import { deviationOf, normalNumbers } from "./new-model/initial-model.ts";

export interface Classification {
  /** The names of the classes: at least two, each once. */
  readonly labels: readonly string[];
  /** What the mean loss of the language model counts beside that of the classifier. Default 0.5. */
  readonly lmLossWeight: number;
  /** Probability that an element of the head's input is dropped. Default 0.1. */
  readonly dropout: number;
}

/** What somebody chose; one that is undefined counts as missing. */
export type ChosenClassification = Pick<Classification, "labels"> & {
  readonly [Name in "lmLossWeight" | "dropout"]?: number | undefined;
};

/** Those of the paper. */
const DEFAULTS: Omit<Classification, "labels"> = { lmLossWeight: 0.5, dropout: 0.1 };

const isName = (value: unknown): value is string => typeof value === "string";

const rules: Readonly<Record<keyof Classification, Rule>> = {
  labels: {
    expected: "a list of at least two different names",
    holds: (value) =>
      Array.isArray(value) && value.length > 1 && value.every(isName) && new Set(value).size === value.length,
  },
  lmLossWeight: number("a number from 0", (value) => value >= 0),
  dropout: number("a number from 0 to below 1", (value) => value >= 0 && value < 1),
};

/** @throws GptError `usage` for a value outside its range and for one that does not exist */
export function resolveClassification(given: ChosenClassification): Classification {
  const { labels, ...others } = checkOptions(given as Classification, rules);
  if (labels === undefined)
    throw new GptError("usage", `labels are missing: expected ${rules.labels.expected}`);
  return { ...DEFAULTS, labels, ...others };
}

/**
 * The classifier that a model becomes.
 *
 * @throws GptError `usage` for a language-model loss where the head that it takes is not kept; as `parseModel`
 */
export async function planClassifier(
  found: HuggingFaceCheckpoint,
  { labels, lmLossWeight }: Classification,
): Promise<NewClassifier & { readonly description: ModelDescription }> {
  const classifier = await asClassifier(found, labels);
  const description = await parseModel(classifier.checkpoint, "classes");
  const { head } = (await parseModel(classifier.checkpoint, "tokens")).config;
  if (lmLossWeight > 0 && !(head.kind === "tokens" && head.tied)) {
    const problem = "the model's head is no token embedding, and a classifier keeps none beside its own";
    throw new GptError("usage", `a language-model loss of weight ${lmLossWeight}: ${problem}: give 0`);
  }
  return { ...classifier, description };
}

/**
 * The head of a classifier before its first step: weights from a normal distribution.
 *
 * @param json the model's config.json, which says how wide
 * @param seed unsigned 32-bit integer
 */
export function drawHead(
  packing: Packing,
  { head, nEmbd }: DecoderConfig,
  json: JsonObject,
  seed: number,
): Promise<Matrix> {
  const outputs = outputsOf(head, 0);
  const deviation = deviationOf(json);
  const normal = normalNumbers(new Random(seed));
  const values = Float32Array.from({ length: outputs * nEmbd }, () => deviation * normal());
  return packing.packed(values, outputs, nEmbd);
}

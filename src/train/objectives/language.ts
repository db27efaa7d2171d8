/** Language modelling: the mean cross-entropy of all predicted ids. */
import type { HuggingFaceCheckpoint } from "../../checkpoint/checkpoint.ts";
import { checkOptions, show } from "../../checks/rules.ts";
import { NO_TARGET } from "../../compute/kernels/table.ts";
import { IGNORED_LABEL } from "../../data/windows.ts";
import { GptError } from "../../errors.ts";
import { parseModel } from "../../families/parse.ts";
import { quote } from "../../files/quote.ts";
import { seesAhead } from "../../model/attention/masks.ts";
import type { Head } from "../../model/modules.ts";
import type { Evaluation } from "../evaluation.ts";
import { countTargets, type ExampleReader, isList, type Sequence } from "../examples.ts";
import { differentiateRows, measureRows } from "./cross-entropy.ts";
import { loadBalanceObjective } from "./load-balance.ts";
import type { Measuring, Objective, ObjectiveKind, PlannedModel, Step } from "./objective.ts";

export interface LanguageSettings {
  readonly kind: "language";
}

/** Reads `T + 1` ids: the first `T` are inputs, the last `T` targets. */
const examples: ExampleReader = {
  beyond: 1,
  sequenceOf(ids, example, _config, fail) {
    if ("label" in example) throw fail("has a label, but this model is no classifier");
    const labels = "labels" in example ? example.labels : ids;
    if (!isList(labels)) throw fail(`labels: expected a list, found ${show(labels)}`);
    if (labels.length !== ids.length) throw fail(`${labels.length} labels for ${ids.length} token ids`);
    const stray = labels.find((label, i) => label !== ids[i] && label !== IGNORED_LABEL);
    if (stray !== undefined)
      throw fail(`label ${quote(stray)}: the id beside it or ${IGNORED_LABEL} is expected`);
    return {
      inputs: ids.slice(0, -1),
      targets: labels.slice(1).map((label) => (label === IGNORED_LABEL ? NO_TARGET : label)),
    };
  },
  check: checkTargets,
};

/** @throws GptError `usage` if nothing is to be predicted */
export function checkTargets(sequences: readonly Sequence[]): void {
  if (countTargets(sequences) > 0) return;
  throw new GptError("usage", "a batch needs at least one id that is to be predicted");
}

/** @param weight of this objective beside others */
export function languageObjective(
  head: Head,
  { sequences, labelSmoothing: smoothing }: Pick<Step, "sequences" | "labelSmoothing">,
  weight: number,
): Objective {
  const scale = weight / countTargets(sequences);
  return {
    head,
    dropout: 0,
    scale,
    differentiate(rows, group) {
      const targets = targetsOf(group);
      const weights = new Float32Array(targets.length).fill(scale);
      return differentiateRows(rows, { targets, weights, smoothing });
    },
  };
}

const targetsOf = (sequences: readonly Sequence[]): readonly number[] =>
  sequences.flatMap(({ targets }) => targets);

export const language: ObjectiveKind<LanguageSettings> = {
  resolve(given) {
    checkOptions(given, {});
    return { kind: "language" };
  },

  plan: planLanguage,

  examples,

  objectives(step) {
    const own = languageObjective(step.decoder.head, step, 1);
    return step.routerLoss > 0 ? [own, loadBalanceObjective(step)] : [own];
  },

  evaluate: evaluateLanguage,
};

/** @throws GptError `usage` for a model that writes no text after a text */
export async function planLanguage(found: HuggingFaceCheckpoint): Promise<PlannedModel> {
  const description = await parseModel(found);
  if (description.config.encoder !== undefined) {
    const problem = "is an encoder with a decoder";
    throw new GptError("usage", `${found.path}: ${problem}: give it the objective sequence-to-sequence`);
  }
  if (seesAhead(description.config)) {
    const problem = "is an encoder, which writes no text";
    const advice = "give it the objective masked-language (--task fill-mask) or classes (--task classify)";
    throw new GptError("usage", `${found.path}: ${problem}: ${advice}`);
  }
  if (description.config.head.kind !== "classes") return { checkpoint: found, description, isHeadNew: false };
  const advice = "give it the objective classes (--task classify)";
  throw new GptError("usage", `${found.path}: is a classifier, which is trained as one alone: ${advice}`);
}

export async function evaluateLanguage(
  { measure }: Pick<Measuring, "measure">,
  sequences: readonly Sequence[],
): Promise<Evaluation> {
  const targets = countTargets(sequences);
  const sum = await measure(sequences, (rows, group) => measureRows(rows, targetsOf(group)));
  return { loss: sum / targets, targets };
}

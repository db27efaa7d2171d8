/**
 * Masked language modelling (Devlin et al. 2018, section 3.1): an encoder learns the ids that were masked.
 * The examples come with their masks; data/masking.ts draws them.
 */
import { checkOptions, show } from "../../checks/rules.ts";
import { NO_TARGET } from "../../compute/kernels/table.ts";
import { IGNORED_LABEL } from "../../data/windows.ts";
import { GptError } from "../../errors.ts";
import { parseModel } from "../../families/parse.ts";
import { quote } from "../../files/quote.ts";
import { seesAhead } from "../../model/attention/masks.ts";
import { type ExampleReader, isList } from "../examples.ts";
import { checkTargets, evaluateLanguage, languageObjective } from "./language.ts";
import type { ObjectiveKind } from "./objective.ts";

export interface MaskedLanguageSettings {
  readonly kind: "masked-language";
}

/** Reads all ids. The target of a row is its label, not that of the row behind it. */
const examples: ExampleReader = {
  beyond: 0,
  sequenceOf(ids, example, { vocabSize }, fail) {
    const labels = "labels" in example ? example.labels : undefined;
    if (!isList(labels))
      throw fail(`labels: expected the list of the ids before the masks, found ${show(labels)}`);
    if (labels.length !== ids.length) throw fail(`${labels.length} labels for ${ids.length} token ids`);
    const isId = (label: number) => Number.isInteger(label) && label >= 0 && label < vocabSize;
    const stray = labels.find((label) => label !== IGNORED_LABEL && !isId(label));
    if (stray !== undefined)
      throw fail(`label ${quote(stray)}: an id below ${vocabSize} or ${IGNORED_LABEL} is expected`);
    return {
      inputs: ids.slice(),
      targets: labels.map((label) => (label === IGNORED_LABEL ? NO_TARGET : label)),
    };
  },
  check: checkTargets,
};

export const maskedLanguage: ObjectiveKind<MaskedLanguageSettings> = {
  resolve(given) {
    checkOptions(given, {});
    return { kind: "masked-language" };
  },

  async plan(found) {
    const description = await parseModel(found);
    const { config } = description;
    const fail = (problem: string) => new GptError("usage", `${found.path}: ${problem}`);
    if (!seesAhead(config)) {
      throw fail("is no encoder, so it fills no masks: give it the objective language (--task generate)");
    }
    if (config.head.kind === "tokens") return { checkpoint: found, description, isHeadNew: false };
    throw fail("has no head for masks: take the checkpoint of its model ...ForMaskedLM");
  },

  examples,

  objectives: (step) => [languageObjective(step.decoder.head, step, 1)],

  evaluate: evaluateLanguage,
};

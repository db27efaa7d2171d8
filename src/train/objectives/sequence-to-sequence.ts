/**
 * Sequence to sequence (Sutskever et al. 2014): an encoder-decoder reads the source and learns to write the
 * target, each id after the right ones before it.
 */
import { checkOptions } from "../../checks/rules.ts";
import { GptError } from "../../errors.ts";
import { parseModel } from "../../families/parse.ts";
import { checkIds, type ExampleReader } from "../examples.ts";
import { evaluateLanguage, languageObjective } from "./language.ts";
import type { ObjectiveKind } from "./objective.ts";

export interface SequenceToSequenceSettings {
  readonly kind: "sequence-to-sequence";
}

/** The decoder reads the start id and all ids of the target but the last. All ids are targets. */
const examples: ExampleReader = {
  beyond: 0,
  hasSource: true,
  sequenceOf(ids, example, config, fail) {
    if (config.encoder === undefined) throw fail("has a source, but this model has no encoder");
    const { startId = config.encoder.startId } = "startId" in example ? example : {};
    checkIds([startId], config, 1, 1, (problem) => fail(`startId: ${problem}`));
    return { inputs: [startId, ...ids.slice(0, -1)], targets: ids.slice() };
  },
  check() {},
};

export const sequenceToSequence: ObjectiveKind<SequenceToSequenceSettings> = {
  resolve(given) {
    checkOptions(given, {});
    return { kind: "sequence-to-sequence" };
  },

  async plan(found) {
    const description = await parseModel(found);
    if (description.config.encoder !== undefined) return { checkpoint: found, description, isHeadNew: false };
    const problem = "is no encoder with a decoder: give it another objective";
    throw new GptError("usage", `${found.path}: ${problem}`);
  },

  examples,

  objectives: (step) => [languageObjective(step.decoder.head, step, 1)],

  evaluate: evaluateLanguage,
};

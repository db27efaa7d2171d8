/**
 * The head of a classifier as transformers keeps it, `...ForSequenceClassification`: `score` tells classes apart instead of tokens.
 * The class of a text is read off its last token (Radford et al. 2018, section 3.3).
 */
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { GptError } from "../errors.ts";
import type { HeadConfig } from "../model/config.ts";
import { isClassifier } from "./class-names.ts";
import { Fields, LIMITS } from "./fields.ts";

/** Module of the head in Hugging Face files. */
export const SCORE = "score";

export const PROBLEM = "single_label_classification";

/**
 * The classes in the order of the outputs: `LABEL_0` and so on where the config has none.
 *
 * @throws GptError `invalid-file` for a model that is no classifier of one class out of several
 */
export function classesHead(checkpoint: Checkpoint): HeadConfig & { readonly kind: "classes" } {
  const { path } = checkpoint;
  if (checkpoint.format === "gguf" || !isClassifier(checkpoint)) {
    const advice = `gpt train DATA --task classify --init ${path} makes one of it`;
    throw new GptError("invalid-file", `${path}: is a language model, no classifier: ${advice}`);
  }
  const fields = Fields.ofConfig(checkpoint);
  fields.require("problem_type", [PROBLEM], `which is not supported; ${PROBLEM} is`);
  const names = fields.object("id2label");
  if (names === undefined) {
    const count = fields.count("num_labels", LIMITS.vocabulary, 2, 2);
    return { kind: "classes", labels: Array.from({ length: count }, (_, i) => `LABEL_${i}`) };
  }
  const labels = Object.keys(names).map((_, i) => names[i]);
  const areNames = labels.every((label): label is string => typeof label === "string");
  if (areNames && labels.length > 1 && new Set(labels).size === labels.length)
    return { kind: "classes", labels };
  throw fields.wrong("id2label", 'expected at least two names, such as {"0": "no", "1": "yes"}');
}

/**
 * The head of a classifier, `...ForSequenceClassification` in transformers: `score` gives a number for each
 * class. The hidden state of the last token of a text decides (Radford et al. 2018, section 3.3).
 */
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { GptError } from "../errors.ts";
import type { ClassesHead } from "../model/config.ts";
import { isClassifier } from "./class-names.ts";
import { Fields, LIMITS } from "./fields.ts";

/** Module of the head in Hugging Face files. */
export const SCORE = "score";

/** The head that reads the last token of a text. */
const LAST_TOKEN = { kind: "classes", bias: false, pooling: "last", independent: false } as const;

export const PROBLEM = "single_label_classification";

/**
 * The names of the classes are in the order of the outputs. A config without names has `LABEL_0`
 * and so on.
 *
 * @throws GptError `invalid-file` for a language model, and for a classifier of several classes at once
 */
export function classesHead(checkpoint: Checkpoint): ClassesHead {
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
    return { ...LAST_TOKEN, labels: Array.from({ length: count }, (_, i) => `LABEL_${i}`) };
  }
  const labels = Object.keys(names).map((_, i) => names[i]);
  const areNames = labels.every((label): label is string => typeof label === "string");
  if (areNames && labels.length > 1 && new Set(labels).size === labels.length)
    return { ...LAST_TOKEN, labels };
  throw fields.wrong("id2label", 'expected at least two names, such as {"0": "no", "1": "yes"}');
}

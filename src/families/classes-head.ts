/**
 * The head of a classifier, `...ForSequenceClassification` in transformers. In a decoder `score` gives a
 * number for each class, and the hidden state of the last token of a text decides (Radford et al. 2018,
 * section 3.3).
 */
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { GptError } from "../errors.ts";
import type { ClassesHead } from "../model/head-config.ts";
import { isClassifier } from "./class-names.ts";
import { Fields, LIMITS } from "./fields.ts";

/** Module of the head of a decoder in Hugging Face files. */
export const SCORE = "score";

/** The head of a family's classifiers. */
export type Classes = Omit<ClassesHead, "kind" | "labels" | "independent">;

export const PROBLEM = "single_label_classification";
/** Of one number, as a reward model has it. */
const REGRESSION = "regression";
const INDEPENDENT = "multi_label_classification";

const LAST_TOKEN: Classes = { pooling: "last", bias: false };

/**
 * The names of the classes are in the order of the outputs. A config without names has `LABEL_0`
 * and so on. A single class, as rerankers have it, has a probability of its own.
 *
 * @throws GptError `invalid-file` for a model that is no classifier
 */
export function classesHead(checkpoint: Checkpoint, shape: Classes = LAST_TOKEN): ClassesHead {
  const { path } = checkpoint;
  if (checkpoint.format === "gguf" || !isClassifier(checkpoint)) {
    const advice = `gpt train DATA --task classify --init ${path} makes one of it`;
    throw new GptError("invalid-file", `${path}: is a language model, no classifier: ${advice}`);
  }
  const fields = Fields.ofConfig(checkpoint);
  fields.require(
    "problem_type",
    [PROBLEM, INDEPENDENT, REGRESSION],
    `which is not supported; ${PROBLEM} and ${INDEPENDENT} are`,
  );
  const labels = labelsOf(fields);
  if (labels.length > 1)
    fields.require("problem_type", [PROBLEM, INDEPENDENT], "but there are several labels");
  const independent = labels.length === 1 || fields.is("problem_type", INDEPENDENT);
  return { kind: "classes", ...shape, labels, independent };
}

function labelsOf(fields: Fields): readonly string[] {
  const names = fields.object("id2label");
  if (names === undefined) {
    const count = fields.count("num_labels", LIMITS.vocabulary, 2);
    return Array.from({ length: count }, (_, i) => `LABEL_${i}`);
  }
  const labels = Object.keys(names).map((_, i) => names[i]);
  const areNames = labels.every((label): label is string => typeof label === "string");
  if (areNames && labels.length > 0 && new Set(labels).size === labels.length) return labels;
  throw fields.wrong("id2label", 'expected different names by number, such as {"0": "no", "1": "yes"}');
}

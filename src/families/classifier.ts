/**
 * Classifiers as Hugging Face's transformers keeps them, `...ForSequenceClassification`: a decoder whose head, `score`, tells
 * classes apart instead of tokens. A text's class is read off its last token (Radford et al. 2018, section 3.3).
 */
import type { Checkpoint, HuggingFaceCheckpoint, StoredTensor } from "../checkpoint/checkpoint.ts";
import { GptError } from "../errors.ts";
import type { JsonObject } from "../files/json.ts";
import type { ModelDescription } from "./family.ts";
import { Fields, LIMITS } from "./fields.ts";
import { CLASSIFIER, isClassifier } from "./hugging-face.ts";
import { classNameOf, describeModel } from "./index.ts";

const SCORE = "score.weight";
const PROBLEM = "single_label_classification";

/** @throws GptError `invalid-file` for what is no classifier of one class out of several, and as `describeModel` */
export async function describeClassifier(checkpoint: Checkpoint): Promise<ModelDescription> {
  const description = await describeModel(checkpoint);
  if (checkpoint.format === "gguf" || !isClassifier(checkpoint)) {
    const advice = `gpt train DATA --task classify --init ${checkpoint.path} makes one of it`;
    throw new GptError("invalid-file", `${checkpoint.path}: is a language model, no classifier: ${advice}`);
  }
  return {
    ...description,
    config: { ...description.config, head: { kind: "classes", labels: labelsOf(checkpoint) } },
    sources: (weight) =>
      weight.module === "head" ? [{ tensor: SCORE, layout: "linear" }] : description.sources(weight),
  };
}

/** A model with the head that its files hold: of a classifier the one for classes. @throws as `describeClassifier` */
export const describeStored = (checkpoint: Checkpoint): Promise<ModelDescription> =>
  checkpoint.format !== "gguf" && isClassifier(checkpoint)
    ? describeClassifier(checkpoint)
    : describeModel(checkpoint);

/** The names of the classes in the order of the outputs: `LABEL_0` and so on where the config has none. */
function labelsOf(checkpoint: HuggingFaceCheckpoint): readonly string[] {
  const fields = Fields.ofConfig(checkpoint);
  fields.require("problem_type", [PROBLEM], `which is not supported; ${PROBLEM} is`);
  const names = fields.object("id2label");
  if (names === undefined) {
    const count = fields.count("num_labels", LIMITS.vocabulary, 2, 2);
    return Array.from({ length: count }, (_, i) => `LABEL_${i}`);
  }
  const labels = Object.keys(names).map((_, i) => names[i]);
  const areNames = labels.every((label): label is string => typeof label === "string");
  if (areNames && labels.length > 1 && new Set(labels).size === labels.length) return labels;
  throw fields.wrong("id2label", 'expected at least two names, such as {"0": "no", "1": "yes"}');
}

export interface NewClassifier {
  readonly checkpoint: HuggingFaceCheckpoint;
  /** Whether its head has yet to be drawn: the model had none with these classes. */
  readonly isHeadNew: boolean;
}

/**
 * A model as the classifier that it becomes: its config says so, its tensors have the prefix that transformers expects beside
 * a head. One that tells the same classes apart already keeps its head, and their order.
 */
export async function asClassifier(
  checkpoint: HuggingFaceCheckpoint,
  labels: readonly string[],
): Promise<NewClassifier> {
  const known = isClassifier(checkpoint) ? labelsOf(checkpoint) : [];
  const isHeadNew = known.length !== labels.length || !labels.every((label) => known.includes(label));
  const { config, prefix, endOfTextIds } = await describeModel(checkpoint);
  const tensors = new Map<string, StoredTensor>();
  for (const tensor of checkpoint.tensors.values()) {
    const name =
      /^(score|lm_head)\./.test(tensor.name) || tensor.name.startsWith(prefix)
        ? tensor.name
        : prefix + tensor.name;
    tensors.set(name, { ...tensor, name });
  }
  if (isHeadNew) {
    const shape = [labels.length, config.nEmbd];
    const byteLength = 4 * labels.length * config.nEmbd;
    tensors.set(SCORE, { name: SCORE, dtype: "F32", shape, file: "a new head", offset: 0, byteLength });
  }
  const json = classifierConfig(checkpoint, isHeadNew ? labels : known, endOfTextIds[0]);
  return { checkpoint: { ...checkpoint, config: json, tensors }, isHeadNew };
}

/** @param padding id of the token that fills up batches, where the config names none */
function classifierConfig(
  checkpoint: HuggingFaceCheckpoint,
  labels: readonly string[],
  padding: number | undefined,
): JsonObject {
  const { config } = checkpoint;
  return {
    ...config,
    architectures: [`${classNameOf(checkpoint)}${CLASSIFIER}`],
    id2label: Object.fromEntries(labels.map((label, i) => [i, label])),
    label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
    num_labels: labels.length,
    pad_token_id: config.pad_token_id ?? padding,
    problem_type: PROBLEM,
  };
}

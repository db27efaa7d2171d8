/** Makes a classifier of a language model: its config and the names of its tensors. */
import type { HuggingFaceCheckpoint, StoredTensor } from "../checkpoint/checkpoint.ts";
import type { JsonObject } from "../files/json.ts";
import { CLASSIFIER, isClassifier } from "./class-names.ts";
import { classesHead, PROBLEM, SCORE } from "./classes-head.ts";
import { familyOf } from "./find-family.ts";
import { parseModel } from "./parse.ts";

export interface NewClassifier {
  readonly checkpoint: HuggingFaceCheckpoint;
  /** Whether the head must be drawn: the model has none for these classes. */
  readonly isHeadNew: boolean;
}

/**
 * Tensors get the prefix that transformers expects beside a head. A classifier with the same classes keeps
 * its head and the order of its classes.
 */
export async function asClassifier(
  checkpoint: HuggingFaceCheckpoint,
  labels: readonly string[],
): Promise<NewClassifier> {
  const known = isClassifier(checkpoint) ? classesHead(checkpoint).labels : [];
  const isHeadNew = known.length !== labels.length || !labels.every((label) => known.includes(label));
  const { config, prefix, endOfTextIds } = await parseModel(checkpoint, "tokens");
  const tensors = new Map<string, StoredTensor>();
  for (const tensor of checkpoint.tensors.values()) {
    const name =
      /^(score|lm_head)\./.test(tensor.name) || tensor.name.startsWith(prefix)
        ? tensor.name
        : prefix + tensor.name;
    tensors.set(name, { ...tensor, name });
  }
  if (isHeadNew) {
    const name = `${SCORE}.weight`;
    const shape = [labels.length, config.nEmbd];
    const byteLength = 4 * labels.length * config.nEmbd;
    tensors.set(name, { name, dtype: "F32", shape, file: "a new head", offset: 0, byteLength });
  }
  const json = classifierConfig(checkpoint, isHeadNew ? labels : known, endOfTextIds[0]);
  return { checkpoint: { ...checkpoint, config: json, tensors }, isHeadNew };
}

/** @param padding id of the token that fills up batches, for a config that names none */
function classifierConfig(
  checkpoint: HuggingFaceCheckpoint,
  labels: readonly string[],
  padding: number | undefined,
): JsonObject {
  const { config } = checkpoint;
  return {
    ...config,
    architectures: [`${familyOf(checkpoint).className}${CLASSIFIER}`],
    id2label: Object.fromEntries(labels.map((label, i) => [i, label])),
    label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
    num_labels: labels.length,
    pad_token_id: config.pad_token_id ?? padding,
    problem_type: PROBLEM,
  };
}

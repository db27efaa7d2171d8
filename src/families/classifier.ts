/** Makes a classifier of a language model: its config and the names of its tensors. */
import type { HuggingFaceCheckpoint, StoredTensor } from "../checkpoint/checkpoint.ts";
import type { JsonObject } from "../files/json.ts";
import { weightTable } from "../model/weights.ts";
import { CLASSIFIER, isClassifier } from "./class-names.ts";
import { classesHead, PROBLEM, SCORE } from "./classes-head.ts";
import type { Family } from "./family.ts";
import { familyOf } from "./find-family.ts";
import { parseModel } from "./parse.ts";
import { headModulesOf } from "./stored-names.ts";

export interface NewClassifier {
  readonly checkpoint: HuggingFaceCheckpoint;
  /** Whether the head must be drawn: the model has none for these classes. */
  readonly isHeadNew: boolean;
}

/** Place of the tensors of a head that has to be drawn. */
export const NEW_HEAD = "a new head";

/**
 * Tensors get the prefix that transformers expects beside a head. A classifier with the same classes keeps
 * its head and the order of its classes. Of a new head the output is always drawn; what an encoder has before
 * it is kept if the files hold it (BERT's pooler).
 */
export async function asClassifier(
  checkpoint: HuggingFaceCheckpoint,
  labels: readonly string[],
): Promise<NewClassifier> {
  const known = isClassifier(checkpoint) ? classesHead(checkpoint).labels : [];
  const isHeadNew = known.length !== labels.length || !labels.every((label) => known.includes(label));
  const { prefix, endOfTextIds } = await parseModel(checkpoint, "tokens");
  const isOfHead = headMatcher(familyOf(checkpoint));
  const tensors = new Map<string, StoredTensor>();
  for (const tensor of checkpoint.tensors.values()) {
    const isWhole = isOfHead(tensor.name) || tensor.name.startsWith(prefix);
    const name = isWhole ? tensor.name : prefix + tensor.name;
    tensors.set(name, { ...tensor, name });
  }
  const json = classifierConfig(checkpoint, isHeadNew ? labels : known, endOfTextIds[0]);
  const classifier = { ...checkpoint, config: json, tensors };
  if (isHeadNew) for (const tensor of await newHead(classifier)) tensors.set(tensor.name, tensor);
  return { checkpoint: classifier, isHeadNew };
}

/** The only class of a reward model. */
const REWARD = "LABEL_0";

/** A classifier of one class, whose output is a reward. Its problem is no classification. */
export async function asRewardModel(checkpoint: HuggingFaceCheckpoint): Promise<NewClassifier> {
  const known = isClassifier(checkpoint) ? classesHead(checkpoint).labels : [];
  const model = await asClassifier(checkpoint, known.length === 1 ? known : [REWARD]);
  const { problem_type: _, ...config } = model.checkpoint.config;
  return { ...model, checkpoint: { ...model.checkpoint, config } };
}

function headMatcher({ tensors: { huggingFace, classes = {} } }: Family): (name: string) => boolean {
  const modules = [SCORE, "lm_head", ...headModulesOf(huggingFace), ...headModulesOf(classes)];
  return (name) => modules.some((module) => name.startsWith(`${module}.`));
}

/** The tensors of the head that the checkpoint lacks, and its output. */
async function newHead(checkpoint: HuggingFaceCheckpoint): Promise<StoredTensor[]> {
  const { config, sources } = await parseModel(checkpoint, "classes");
  return weightTable(config).flatMap((spec) => {
    const [source] = spec.part === "head" ? sources(spec) : [];
    if (source === undefined) return [];
    if (spec.module !== "head" && checkpoint.tensors.has(source.tensor)) return [];
    const byteLength = 4 * spec.shape.reduce((product, length) => product * length, 1);
    const { shape } = spec;
    return [{ name: source.tensor, dtype: "F32", shape, file: NEW_HEAD, offset: 0, byteLength }];
  });
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

/** Facts of a model, without reading its weights. `gpt inspect --json` writes them. */
import type { Checkpoint, GgufValue } from "../../checkpoint/checkpoint.ts";
import type { ModelDescription } from "../../families/description.ts";
import { parseModel } from "../../families/parse.ts";
import { modelName } from "../../hub/model-name.ts";
import { seesAhead } from "../../model/attention/masks.ts";
import type { DecoderConfig } from "../../model/config.ts";
import type { HeadConfig } from "../../model/head-config.ts";
import { countActiveParameters, countParameters } from "../../model/parameters.ts";
import { type PipelineTokenizer, tokenizerOf } from "../../tokenizer/index.ts";
import { resolveWeights } from "../../weights/resolve.ts";
import { commonShape } from "./common-shape.ts";
import { loadProblem, messageOf } from "./load-problem.ts";
import { memoryFacts } from "./memory-facts.ts";
import { storageOf } from "./storage.ts";

export type Facts = Awaited<ReturnType<typeof gatherFacts>>;

export async function gatherFacts(checkpoint: Checkpoint) {
  const stored = await parseModel(checkpoint);
  // A decoder with a head for classes counts as the language model that it is made of.
  const description = seesAhead(stored.config) ? stored : await parseModel(checkpoint, "tokens");
  const { config } = description;
  const parameters = countParameters(config);
  const storage = await storageOf(checkpoint);
  const problem = storage && loadProblem(checkpoint, description);
  const isLoadable = storage !== null && problem === null;
  const weights = isLoadable ? resolveWeights(checkpoint, description) : null;
  return {
    model: modelName(checkpoint.path),
    path: checkpoint.path,
    format: checkpoint.format,
    ...textPartOf(checkpoint),
    ...commonShape(config),
    /** Labels of a classifier; null for a language model. */
    classes: classesOf(stored.config.head),
    parameters,
    ...expertsOf(config),
    storage,
    /** The reason why the weights cannot be loaded; null if they can, and without weights. */
    problem,
    memory: memoryFacts(config, parameters.total, storage, weights),
    tokenizer: await tokenizerFacts(checkpoint, description),
    ...recordsOf(checkpoint),
  };
}

/** The type of a model that also sees or hears, of which this is the text part. */
const textPartOf = (checkpoint: Checkpoint): { readonly textPartOf?: string } =>
  checkpoint.format === "huggingface" && checkpoint.textPartOf !== undefined
    ? { textPartOf: checkpoint.textPartOf }
    : {};

/** Numbers of a mixture of experts, and the parameters that a token goes through. */
function expertsOf(config: DecoderConfig) {
  const mixture = config.layers.map(({ mlp }) => mlp).find(({ kind }) => kind === "experts");
  if (mixture?.kind !== "experts") return {};
  const { count, active, nInner, shared } = mixture;
  const experts = { count, active, nInner, sharedInner: shared?.nInner ?? null };
  return { experts, activeParameters: countActiveParameters(config) };
}

const classesOf = (head: HeadConfig) => (head.kind === "classes" ? head.labels : null);

/** Null without a tokenizer. A damaged tokenizer does not stop the report. */
async function tokenizerFacts(checkpoint: Checkpoint, { vocabulary }: ModelDescription) {
  try {
    const tokenizer = await tokenizerOf(checkpoint, vocabulary);
    return tokenizer ? describeTokenizer(tokenizer, checkpoint) : null;
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

function describeTokenizer(tokenizer: PipelineTokenizer, checkpoint: Checkpoint) {
  const token = (id: number) => ({ id, text: tokenizer.spelling(id) });
  const { vocabSize, bosId, addBos, endOfTextIds, specialIds, facts } = tokenizer;
  const named = checkpoint.format === "gguf" ? checkpoint.metadata.get("tokenizer.ggml.pre") : undefined;
  return {
    ...facts,
    /** Name of the pre-tokenizer in a GGUF file. */
    preTokenizerName: typeof named === "string" ? named : null,
    vocabSize,
    bos: bosId === undefined ? null : token(bosId),
    addBos,
    endOfText: endOfTextIds.map(token),
    special: specialIds.map(token),
  };
}

/** Facts of the files beside the shapes. */
function recordsOf(checkpoint: Checkpoint) {
  if (checkpoint.format === "huggingface") return { generationConfig: checkpoint.generationConfig };
  const { metadata } = checkpoint;
  const general = [...metadata].filter(([key]) => key.startsWith("general."));
  return {
    metadataKeys: metadata.size,
    general: Object.fromEntries(general.map(([key, value]) => [key.slice("general.".length), exact(value)])),
  };
}

type ExactValue = number | boolean | string | readonly ExactValue[];

/** Integers that JSON numbers cannot hold become text. */
function exact(value: GgufValue): ExactValue {
  if (typeof value === "bigint") return String(value);
  return typeof value === "object" ? value.map(exact) : value;
}

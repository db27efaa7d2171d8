/** Loads a language model, a classifier or a reward model by its path or name. */

import { conversationTemplateOf } from "../chat/template/chatml.ts";
import { DialogueIds } from "../chat/template/dialogue-ids.ts";
import { PromptReader } from "../chat/template/written-prompt.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { openCheckpoint } from "../checkpoint/open.ts";
import { checkProgress, refuseUnknown } from "../checks/rules.ts";
import { Model, type ModelOptions } from "../engine/model.ts";
import { Reader } from "../engine/reader.ts";
import { GptError } from "../errors.ts";
import { parseModel } from "../families/parse.ts";
import { generationConfig } from "../generate/options/generation-config.ts";
import { findModel } from "../hub/find-model.ts";
import { seesAhead } from "../model/attention/masks.ts";
import { tokenizerOf } from "../tokenizer/index.ts";
import { Classifier } from "./classifier.ts";
import { LanguageModel } from "./language-model.ts";
import { decoderIds, encoderIds } from "./reward-ids.ts";
import { RewardModel } from "./reward-model.ts";
import { decoderScorer, encoderScorer } from "./scorer.ts";

const OPTIONS = Object.keys({
  threads: true,
  contextSize: true,
  simd: true,
  quantization: true,
  kvCache: true,
  adapters: true,
  signal: true,
  onProgress: true,
} satisfies Record<keyof ModelOptions, true>);

/**
 * Loads a model with its tokenizer: a Hugging Face directory or a GGUF file.
 *
 * @param nameOrPath a path, or a name in the package's models/ folder or in $GPT_MODELS; without it
 *   $GPT_MODEL, else the embedded model
 * @throws GptError `not-found` for a model that is not there, `invalid-file` for one that is corrupt or needs
 *   a feature that is not implemented, `resource` for one that does not fit in memory, `usage` for an option
 *   out of range; the signal's reason once it is aborted
 */
export async function loadModel(nameOrPath?: string, options: ModelOptions = {}): Promise<LanguageModel> {
  return (await loadWithEngine(nameOrPath, options)).model;
}

/** A model that is looked into: its engine computes with modules, and closes with the model. */
export interface ModelWithEngine {
  readonly model: LanguageModel;
  readonly engine: Model;
  /** The same model over an engine that decorates this one. */
  readonly over: (engine: Model) => LanguageModel;
}

/** As `loadModel`. */
export async function loadWithEngine(
  nameOrPath?: string,
  options: ModelOptions = {},
): Promise<ModelWithEngine> {
  const checkpoint = await openModel(nameOrPath, options);
  const description = await parseModel(checkpoint, "tokens");
  const tokenizer = await tokenizerOf(checkpoint, description.vocabulary);
  const generation = generationConfig(checkpoint, description.config, tokenizer);
  const engine = await Model.load(checkpoint, description, options);
  const over = (own: Model): LanguageModel => {
    const model = new LanguageModel(own, tokenizer, description, generation, checkpoint.path);
    loaded.set(model, { engine: own, model, over });
    return model;
  };
  return { engine, model: over(engine), over };
}

const loaded = new WeakMap<LanguageModel, ModelWithEngine>();

/** @throws GptError `usage` for what `loadModel` has not returned */
export function withEngine(model: LanguageModel): ModelWithEngine {
  const found = loaded.get(model);
  if (found !== undefined) return found;
  throw new GptError("usage", "the model: one that loadModel returns is expected");
}

/**
 * Loads a classifier with its tokenizer: a Hugging Face directory whose config names a
 * `...ForSequenceClassification`.
 *
 * @param nameOrPath as for `loadModel`
 * @throws GptError as `loadModel`; `invalid-file` for a model that is no classifier, `not-found` for one
 *   without a tokenizer
 */
export async function loadClassifier(nameOrPath?: string, options: ModelOptions = {}): Promise<Classifier> {
  const { scorer, tokenizer } = await openScorer(nameOrPath, options);
  return new Classifier(scorer, tokenizer);
}

/**
 * Loads a reward model with its tokenizer: a classifier of one class.
 *
 * @param nameOrPath as for `loadModel`
 * @throws GptError as `loadClassifier`; `invalid-file` for a classifier of several classes
 */
export async function loadRewardModel(nameOrPath?: string, options: ModelOptions = {}): Promise<RewardModel> {
  const { scorer, tokenizer, isEncoder, path } = await openScorer(nameOrPath, options);
  const { head } = scorer;
  if (head.kind === "classes" && head.labels.length === 1) {
    const dialogues = new DialogueIds(await conversationTemplateOf(path), tokenizer);
    const read = isEncoder ? encoderIds(tokenizer) : decoderIds(new PromptReader(tokenizer, dialogues));
    return new RewardModel(scorer, tokenizer, read);
  }
  await scorer.close();
  const advice = "gpt train DATA --task reward makes a reward model, gpt classify names classes";
  const found = head.kind === "classes" ? `${head.labels.length} classes` : "no classes";
  throw new GptError("invalid-file", `${path}: has ${found}, a reward model has one: ${advice}`);
}

async function openScorer(nameOrPath: string | undefined, options: ModelOptions) {
  const checkpoint = await openModel(nameOrPath, options);
  const { path } = checkpoint;
  const description = await parseModel(checkpoint, "classes");
  const tokenizer = await tokenizerOf(checkpoint, description.vocabulary);
  if (tokenizer === undefined) {
    throw new GptError("not-found", `${path}: holds no tokenizer, so it cannot read text`);
  }
  const isEncoder = seesAhead(description.config);
  if (!isEncoder) {
    const model = await Model.load(checkpoint, description, options);
    return { scorer: decoderScorer(model, tokenizer), tokenizer, isEncoder, path };
  }
  const { kvCache, adapters = [], ...engine } = options;
  if (kvCache !== undefined || adapters.length > 0) {
    const problem = "is an encoder: it keeps no keys and values, and takes no adapters yet";
    throw new GptError("usage", `${path}: ${problem}`);
  }
  const reader = await Reader.load(checkpoint, description, engine);
  return { scorer: encoderScorer(reader, tokenizer), tokenizer, isEncoder, path };
}

async function openModel(nameOrPath: string | undefined, options: ModelOptions): Promise<Checkpoint> {
  refuseUnknown(options, OPTIONS);
  checkProgress(options);
  return await openCheckpoint(findModel(nameOrPath));
}

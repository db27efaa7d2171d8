/** Loads a model that reads texts, by its path or name. */
import { openCheckpoint } from "../checkpoint/open.ts";
import { checkProgress, refuseUnknown } from "../checks/rules.ts";
import { Reader, type ReaderOptions } from "../engine/reader.ts";
import { GptError } from "../errors.ts";
import { modulesOf } from "../families/embedding/checkpoint.ts";
import { parseModel } from "../families/parse.ts";
import { findModel } from "../hub/find-model.ts";
import { seesAhead } from "../model/attention/masks.ts";
import { tokenizerOf } from "../tokenizer/index.ts";
import { DenseLayers } from "./embedding/dense.ts";
import { Encoder } from "./encoder.ts";
import type { LanguageModel } from "./language-model.ts";
import { SessionReader } from "./session-reader.ts";

const OPTIONS = Object.keys({
  threads: true,
  contextSize: true,
  simd: true,
  quantization: true,
  signal: true,
  onProgress: true,
} satisfies Record<keyof ReaderOptions, true>);

/**
 * Loads an encoder (BERT, RoBERTa, ModernBERT ...) with its tokenizer, to embed texts and to fill masks. A
 * decoder, and the encoder of a T5, embed texts too.
 *
 * @param nameOrPath as for `loadModel`
 * @throws GptError as `loadModel`, and `not-found` for a model without a tokenizer
 */
export async function loadEncoder(nameOrPath?: string, options: ReaderOptions = {}): Promise<Encoder> {
  refuseUnknown(options, OPTIONS);
  checkProgress(options);
  const checkpoint = await openCheckpoint(findModel(nameOrPath));
  const stored = await parseModel(checkpoint);
  const isEncoder = seesAhead(stored.config);
  const description = isEncoder ? stored : await parseModel(checkpoint, "none");
  const tokenizer = await tokenizerOf(checkpoint, description.vocabulary);
  if (tokenizer === undefined) {
    throw new GptError("not-found", `${checkpoint.path}: holds no tokenizer, so it cannot read text`);
  }
  const modules = await modulesOf(checkpoint, seesAhead(description.config));
  const reader = await Reader.load(checkpoint, description, options);
  try {
    const dense = await DenseLayers.load(modules.dense, options);
    return new Encoder(checkpoint.path, reader, tokenizer, modules, dense);
  } catch (error) {
    await reader.close();
    throw error;
  }
}

/**
 * Embeds texts with a language model that is loaded already: its weights are not loaded again.
 *
 * @param path of the model
 * @throws GptError as `loadEncoder`
 */
export async function encoderOver(model: LanguageModel, path: string): Promise<Encoder> {
  const checkpoint = await openCheckpoint(path);
  const { vocabulary } = await parseModel(checkpoint, "tokens");
  const tokenizer = await tokenizerOf(checkpoint, vocabulary);
  if (tokenizer === undefined) throw new GptError("not-found", `${path}: holds no tokenizer`);
  const modules = await modulesOf(checkpoint, false);
  const dense = await DenseLayers.load(modules.dense, { threads: 1 });
  return new Encoder(path, new SessionReader(model), tokenizer, modules, dense);
}

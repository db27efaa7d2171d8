/** First model of a run: an existing one, or a new one with random weights. */
import { openGguf } from "../../checkpoint/gguf/parts.ts";
import { openCheckpoint } from "../../checkpoint/open.ts";
import { type DataSource, readTexts } from "../../data/index.ts";
import { GptError } from "../../errors.ts";
import type { ModelDescription } from "../../families/description.ts";
import { parseModel } from "../../families/parse.ts";
import type { ForcedIds } from "../../generate/generation.ts";
import { forcedIds } from "../../generate/options/generation-ids.ts";
import { findModel } from "../../hub/find-model.ts";
import { loadTokenizer, type PipelineTokenizer, tokenizerOf } from "../../tokenizer/index.ts";
import { saveTokenizer, trainTokenizer } from "../../tokenizer/trainer/index.ts";
import { companionsIn, companionsOf, writeCompanions } from "../../weights/model-writer.ts";
import { writeInitialModel } from "../new-model/initial-model.ts";
import { configOfShape, type ModelShape } from "../new-model/model-shape.ts";
import type { DecoderFacts } from "./data/needs.ts";

export interface StartingModel {
  /** A Hugging Face directory, or a GGUF file. */
  readonly path: string;
  readonly description: ModelDescription;
  readonly tokenizer: PipelineTokenizer;
  /** Ids that are forced when it writes. */
  readonly forced?: ForcedIds | undefined;
}

/** Whether the model is an encoder-decoder. */
export const readsSources = ({ description }: StartingModel): boolean =>
  description.config.encoder !== undefined;

/** What an encoder-decoder writes from. */
export function decoderOf({ description, forced }: StartingModel): DecoderFacts | undefined {
  const { encoder } = description.config;
  return encoder && { startId: encoder.startId, forced };
}

/** @throws GptError `not-found` for a model without a tokenizer, and as `openCheckpoint` */
export async function openStart(nameOrPath: string): Promise<StartingModel> {
  const path = findModel(nameOrPath);
  const checkpoint = await openCheckpoint(path);
  const description = await parseModel(checkpoint, "tokens");
  const tokenizer = await tokenizerOf(checkpoint, description.vocabulary);
  const { vocabSize } = description.config;
  const forced = checkpoint.format === "huggingface" ? forcedIds(checkpoint, vocabSize) : undefined;
  if (tokenizer !== undefined) return { path, description, tokenizer, forced };
  throw new GptError("not-found", `${path}: holds no tokenizer, so it cannot be trained on text`);
}

/** Writes the tokenizer of a model into a directory. */
export async function copyTokenizer(nameOrPath: string, directory: string): Promise<PipelineTokenizer> {
  const path = findModel(nameOrPath);
  const companions = path.endsWith(".gguf") ? companionsOf(await openGguf(path)) : companionsIn(path);
  await writeCompanions(directory, await companions);
  return await tokenizerIn(directory);
}

/** Trains a tokenizer on the data and writes it into a directory. */
export async function makeTokenizer(
  sources: readonly DataSource[],
  vocabSize: number,
  directory: string,
  signal: AbortSignal,
): Promise<PipelineTokenizer> {
  const readOnce = sources.find(({ fingerprint }) => fingerprint === undefined);
  if (readOnce !== undefined) {
    const advice = "give --tokenizer, or the data as a file";
    throw new GptError(
      "usage",
      `${readOnce.name}: can be read once only, a tokenizer needs it too: ${advice}`,
    );
  }
  await saveTokenizer(await trainTokenizer(readTexts(sources), { vocabSize, signal }), directory);
  return await tokenizerIn(directory);
}

export async function tokenizerIn(directory: string): Promise<PipelineTokenizer> {
  const tokenizer = await loadTokenizer(directory);
  if (tokenizer !== undefined) return tokenizer;
  throw new GptError("not-found", `${directory}: holds no tokenizer`);
}

/** Writes a new model beside its tokenizer. The size of the tokenizer is that of the vocabulary. */
export async function makeModel(
  directory: string,
  shape: ModelShape,
  tokenizer: PipelineTokenizer,
  seed: number,
): Promise<StartingModel> {
  const vocabulary = tokenizer.vocabSize;
  const [endOfText = tokenizer.bosId ?? 0] = tokenizer.endOfTextIds;
  await writeInitialModel(directory, configOfShape({ ...shape, vocabulary }, endOfText), seed);
  return await openStart(directory);
}

/** Training data -> files of tokens, which are reused until their origin changes. */

import { join } from "node:path";
import { GptError } from "../errors.ts";
import type { Tokenizer } from "../tokenizer/index.ts";
import { dataKey } from "./data-key.ts";
import type { DialogueReader } from "./document-chunk.ts";
import { readDocuments } from "./documents.ts";
import { chunkSizeFor, holdOut } from "./held-out.ts";
import type { DataSource } from "./sources.ts";
import { TokenFile } from "./token-file.ts";
import { TokenWriter } from "./token-writer.ts";

export interface DataOptions {
  readonly sources: readonly DataSource[];
  /** Sources of the validation data. */
  readonly validation?: readonly DataSource[] | undefined;
  /** Share of the sources' documents that is held out for validation, and the seed that selects them. */
  readonly heldOut?: { readonly fraction: number; readonly seed: number } | undefined;
  readonly tokenizer: Tokenizer;
  /** Makes documents of messages. */
  readonly dialogues: DialogueReader;
  /** Directory of the files of tokens, train.tokens and valid.tokens. */
  readonly directory: string;
  /** Gets the bytes of text that are tokenized so far. */
  readonly onProgress?: ((textBytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface TrainingData {
  readonly train: TokenFile;
  /** Empty without validation data. */
  readonly valid: TokenFile;
  /** Whether the files are those of an earlier call. */
  readonly isReused: boolean;
}

/**
 * Tokenizes the data, in constant memory, or opens the files of an earlier call with the same tokenizer, the
 * same sources (by path, size and time of change) and the same held-out share. The caller closes them.
 *
 * @throws GptError `not-found` or `invalid-file` for a source that cannot be read, is not what its name says,
 *   or has no text; as `writeError` for files that cannot be written; the signal's reason when it is aborted
 */
export async function prepareData(options: DataOptions): Promise<TrainingData> {
  const { sources, validation = [], heldOut = NOTHING, tokenizer, dialogues, directory } = options;
  const division = JSON.stringify({ validation: validation.length, ...heldOut, dialogues: dialogues.key });
  const key = dataKey(tokenizer, [...sources, ...validation], division);
  const present = await openData(directory, key);
  if (present !== undefined) return { ...present, isReused: true };
  await writeData(options, key);
  const made = await openData(directory, key);
  if (made !== undefined) return { ...made, isReused: false };
  throw new GptError(
    "resource",
    `${directory}: another process is writing training data there: choose another`,
  );
}

const NOTHING = { fraction: 0, seed: 0 };
const TRAIN = "train.tokens";
const VALID = "valid.tokens";

/**
 * Opens the files of tokens that a directory holds.
 * @param key of the origin of the tokens; undefined for any origin, as in a resumed run
 * @returns undefined if a file is missing or damaged, or has another origin
 */
export async function openData(
  directory: string,
  key?: Uint8Array,
): Promise<Omit<TrainingData, "isReused"> | undefined> {
  const train = await openFile(join(directory, TRAIN), key);
  if (train === undefined) return undefined;
  const valid = await openFile(join(directory, VALID), train.head.key);
  if (valid === undefined) await train.close();
  return valid && { train, valid };
}

async function openFile(path: string, key: Uint8Array | undefined): Promise<TokenFile | undefined> {
  try {
    const file = await TokenFile.open(path);
    if (key === undefined || Buffer.compare(file.head.key, key) === 0) return file;
    await file.close();
  } catch (error) {
    if (!(error instanceof GptError)) throw error;
  }
  return undefined;
}

async function writeData(options: DataOptions, key: Uint8Array): Promise<void> {
  const { sources, validation = [], heldOut = NOTHING, tokenizer, directory } = options;
  const { dialogues, onProgress, signal } = options;
  const marked = [...sources, ...validation].some(({ format }) => format !== "text");
  await using train = await TokenWriter.create(join(directory, TRAIN), tokenizer, marked);
  await using valid = await TokenWriter.create(join(directory, VALID), tokenizer, marked);
  const longest = chunkSizeFor(sources, heldOut.fraction);
  const fill = async (from: readonly DataSource[], writer: () => TokenWriter) => {
    for await (const document of readDocuments(from, longest)) {
      signal?.throwIfAborted();
      const isChunk = "parts" in document;
      await writer().add(
        isChunk ? document : { parts: dialogues.partsOf(document), starts: true, ends: true },
      );
      onProgress?.(train.textBytes + valid.textBytes);
    }
  };
  const isHeldOut = holdOut(heldOut.fraction, heldOut.seed);
  await fill(sources, () => (isHeldOut() ? valid : train));
  await fill(validation, () => valid);

  if (train.textBytes === 0) throw noText(sources, "to train on");
  if (validation.length > 0 && valid.textBytes === 0) throw noText(validation, "for validation");
  await train.keep(key);
  await valid.keep(key);
}

function noText(sources: readonly DataSource[], purpose: string): GptError {
  const [first = { name: "the data" }] = sources;
  const others = sources.length > 1 ? ` and ${sources.length - 1} more` : "";
  return new GptError("invalid-file", `${first.name}${others}: no text ${purpose}`);
}

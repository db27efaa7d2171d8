/** Training data -> files of tokens, which are reused until their origin changes. */

import { constants } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { GptError } from "../errors.ts";
import { makeDirectory } from "../files/output-file.ts";
import { writeError } from "../files/write-error.ts";
import { dataKey } from "./data-key.ts";
import type { DataOptions } from "./data-options.ts";
import { TokenFile } from "./token-file.ts";
import { TRAIN, VALID, writeTokens } from "./write-tokens.ts";

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
 *   or has no text; `usage` for files of `made` that are of other sources or another tokenizer; as
 *   `writeError` for files that cannot be written; the signal's reason when it is aborted
 */
export async function prepareData(options: DataOptions): Promise<TrainingData> {
  const { directory, made: elsewhere } = options;
  const key = keyOf(options);
  const present = await openData(directory, key);
  if (present !== undefined) return { ...present, isReused: true };
  if (elsewhere === undefined) await writeTokens(options, key);
  else await copyData(elsewhere, directory, key);
  const made = await openData(directory, key);
  if (made !== undefined) return { ...made, isReused: false };
  throw new GptError(
    "resource",
    `${directory}: another process is writing training data there: choose another`,
  );
}

/** Of the same tokens. */
export function keyOf({ sources, validation = [], heldOut, tokenizer, dialogues }: DataOptions): Uint8Array {
  const { fraction, seed } = heldOut ?? { fraction: 0, seed: 0 };
  const division = { validation: validation.length, fraction, seed, dialogues: dialogues.key };
  return dataKey(tokenizer, [...sources, ...validation], JSON.stringify(division));
}

async function copyData(from: string, to: string, key: Uint8Array): Promise<void> {
  const files = await openData(from, key);
  if (files === undefined) {
    const problem = `holds no ${TRAIN} and ${VALID} of this data, this tokenizer and this share for validation`;
    throw new GptError("usage", `${from}: ${problem}: make them of the same files with the same flags`);
  }
  await files.train.close();
  await files.valid.close();
  await makeDirectory(to);
  for (const name of [TRAIN, VALID]) {
    await copyFile(join(from, name), join(to, name), constants.COPYFILE_FICLONE).catch((error) => {
      throw writeError(join(to, name), error);
    });
  }
}

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

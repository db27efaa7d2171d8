/** The options of training. */

import { GptError } from "../../errors.ts";
import { quote } from "../../files/quote.ts";
import { byteCharacters } from "../bpe/byte-level.ts";
import { MAX_TOKENS } from "../bpe/vocabulary.ts";
import { DEFAULT_PATTERN, type TrainingPattern, trainingPattern } from "./training-patterns.ts";

export interface TrainTokenizerOptions {
  /**
   * Tokens at most: control tokens, the 256 bytes, and one for each merge. Fewer if the texts run out.
   * Default 30,000.
   */
  readonly vocabSize?: number | undefined;
  /** How often a pair must occur to become a token. Default 2. */
  readonly minFrequency?: number | undefined;
  /** Control tokens: they get the first ids, and the first of them ends a text. Default `<|endoftext|>`. */
  readonly specialTokens?: readonly string[] | undefined;
  /**
   * How texts are split: `gpt2`, `cl100k` (GPT-4), `qwen2`, `o200k` (GPT-4o), `tekken` (Mistral). Default
   * `gpt2`.
   */
  readonly pattern?: string | undefined;
  /** Stops the training: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export const END_OF_TEXT = "<|endoftext|>";

export interface TrainingSettings {
  readonly vocabSize: number;
  readonly minFrequency: number;
  readonly specialTokens: readonly string[];
  readonly pattern: TrainingPattern;
}

/** @throws GptError `usage` for an option that is out of range */
export function trainingSettings(options: TrainTokenizerOptions): TrainingSettings {
  const { vocabSize = 30_000, minFrequency = 2, specialTokens = [END_OF_TEXT] } = options;
  checkSpecialTokens(specialTokens);
  const least = specialTokens.length + byteCharacters.length;
  if (!Number.isSafeInteger(vocabSize) || vocabSize < least || vocabSize > MAX_TOKENS) {
    const parts = `${byteCharacters.length} bytes and ${specialTokens.length} special`;
    throw usage(`vocabulary size ${vocabSize}: expected ${least} (${parts}) to ${MAX_TOKENS}`);
  }
  if (!Number.isSafeInteger(minFrequency) || minFrequency < 1) {
    throw usage(`minimum frequency ${minFrequency}: expected a whole number from 1`);
  }
  const pattern = trainingPattern(options.pattern ?? DEFAULT_PATTERN);
  return { vocabSize, minFrequency, specialTokens, pattern };
}

function checkSpecialTokens(tokens: readonly string[]): void {
  if (tokens.length === 0) throw usage("no special tokens: expected at least the one that ends a text");
  for (const [index, token] of tokens.entries()) {
    if (tokens.indexOf(token) < index) throw usage(`special token ${quote(token)} is given twice`);
    if ([...token].length < 2 || token.trim() !== token || /\p{Surrogate}/u.test(token)) {
      const expected = "expected at least two characters, without white space around them";
      throw usage(`special token ${quote(token)}: ${expected}`);
    }
  }
}

const usage = (message: string): GptError => new GptError("usage", message);

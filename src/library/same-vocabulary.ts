/** Whether two models have the same tokens: the guesses of a draft model are ids of its own. */
import type { TextModel } from "../text/text-model.ts";

type Vocabulary = Pick<TextModel, "config" | "hasTokenizer" | "tokenizer">;

/** Compares the sizes, and with tokenizers the bytes of every token and whether it is a control token. */
export function sameVocabulary(a: Vocabulary, b: Vocabulary): boolean {
  if (a.config.vocabSize !== b.config.vocabSize || a.hasTokenizer !== b.hasTokenizer) return false;
  if (!a.hasTokenizer) return true;
  const [ours, theirs] = [a.tokenizer, b.tokenizer];
  if (ours.vocabSize !== theirs.vocabSize) return false;
  for (let id = 0; id < ours.vocabSize; id++) {
    if (ours.isSpecial(id) !== theirs.isSpecial(id)) return false;
    if (Buffer.compare(ours.bytes(id), theirs.bytes(id)) !== 0) return false;
  }
  return true;
}

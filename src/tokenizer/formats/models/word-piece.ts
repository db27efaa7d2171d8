/** `WordPiece` of tokenizer.json. */

import type { JsonObject } from "../../../files/json.ts";
import { WordPiece, type WordPieceDescription } from "../../word-piece/word-piece.ts";
import { spelled } from "../pipeline/pre-tokenizers.ts";
import { vocabularyJson } from "../vocabulary-json.ts";
import type { ModelFormat } from "./model-format.ts";

/** BERT's values, for files that leave them out. */
export const CONTINUATION_PREFIX = "##";
export const MAX_WORD = 100;

/** The longest word that a file may allow to be taken apart: the time grows with it. */
const LONGEST_WORD = 1000;

export const wordPieceFormat: ModelFormat<WordPieceDescription> = {
  entries(model) {
    const vocab = model.object("vocab");
    return vocab.names.map((text) => [text, vocab.count(text)] as const);
  },

  read(model, vocabulary) {
    const maxCharacters =
      model.get("max_input_chars_per_word") === undefined
        ? MAX_WORD
        : model.count("max_input_chars_per_word");
    if (maxCharacters > LONGEST_WORD) model.fail("max_input_chars_per_word", `at most ${LONGEST_WORD}`);
    return {
      type: "WordPiece",
      unknown:
        vocabulary.idOf(model.optionalString("unk_token") ?? "[UNK]") ??
        model.fail("unk_token", "a token of the vocabulary"),
      prefix: model.optionalString("continuing_subword_prefix") ?? CONTINUATION_PREFIX,
      maxCharacters,
    };
  },

  write({ unknown, prefix, maxCharacters }, vocabulary): JsonObject {
    return {
      type: "WordPiece",
      unk_token: vocabulary.texts[unknown] ?? "",
      continuing_subword_prefix: prefix,
      max_input_chars_per_word: maxCharacters,
      vocab: vocabularyJson(vocabulary),
    };
  },

  assemble: (description, vocabulary, { split, bytes }) => ({
    model: new WordPiece(description, vocabulary.ids),
    split: bytes === "by model" ? spelled(split) : split,
    kind: "WordPiece",
    merges: 0,
  }),
};

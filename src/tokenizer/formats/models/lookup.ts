/** Pieces of a SentencePiece model with the ids of vocab.json. tokenizer.json has no such model. */

import { GptError } from "../../../errors.ts";
import { Lookup, type LookupDescription } from "../../sentencepiece/lookup.ts";
import { bpeFormat } from "./bpe.ts";
import type { ModelFormat } from "./model-format.ts";
import { unigramFormat } from "./unigram.ts";

const noWords = (): never => {
  throw new GptError("usage", "tokenizer.json has no words for a SentencePiece model with ids of its own");
};

export const lookupFormat: ModelFormat<LookupDescription> = {
  entries: noWords,
  read: noWords,
  write: noWords,

  assemble({ cutter, pieces, unknown }, vocabulary, split) {
    const assembled =
      cutter.type === "BPE"
        ? bpeFormat.assemble(cutter, pieces, split)
        : unigramFormat.assemble(cutter, pieces, split);
    const runs = cutter.type === "Unigram" ? (cutter.runs?.keys() ?? []) : [];
    const ids = Int32Array.from([...pieces.texts, ...runs], (text = "") => vocabulary.idOf(text) ?? unknown);
    return { ...assembled, model: new Lookup(assembled.model, ids) };
  },
};

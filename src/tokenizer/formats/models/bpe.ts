/** `BPE` of tokenizer.json. */

import type { JsonObject } from "../../../files/json.ts";
import type { JsonFields } from "../../../files/json-fields.ts";
import { Bpe, type BpeDescription } from "../../bpe/bpe.ts";
import { toByteLevel } from "../../bpe/byte-level.ts";
import { characterSymbols, type SymbolOptions } from "../../bpe/symbols.ts";
import type { Vocabulary } from "../../bpe/vocabulary.ts";
import type { TokenizerFacts } from "../../facts.ts";
import { inTurn } from "../../pattern/splitters.ts";
import { listOfMerges, mergesFromList } from "../merge-lists.ts";
import { vocabularyJson } from "../vocabulary-json.ts";
import type { AssembledModel, ModelFormat, Pieces } from "./model-format.ts";
import { noTokenSpansWords, spaceMarkedWords } from "./words.ts";

export const bpeFormat: ModelFormat<BpeDescription> = {
  entries(model) {
    const vocab = model.object("vocab");
    return vocab.names.map((text) => [text, vocab.count(text)] as const);
  },

  read(model, vocabulary): BpeDescription {
    if (model.get("dropout") !== undefined && model.get("dropout") !== 0) model.fail("dropout", "none");
    if (model.optionalString("continuing_subword_prefix")) model.fail("continuing_subword_prefix", "none");
    return {
      type: "BPE",
      merges: mergesFromList(vocabulary, model.list("merges"), model.file, `${model.path}merges`),
      symbols: {
        endOfWord: model.optionalString("end_of_word_suffix") ?? "",
        byteTokens: model.boolean("byte_fallback", false) ? vocabulary.byteTokens() : [],
        unknown: readUnknown(model, vocabulary),
        fuseUnknown: model.boolean("fuse_unk", false),
      },
      ignoreMerges: model.boolean("ignore_merges", false),
    };
  },

  write({ merges, symbols, ignoreMerges }, vocabulary): JsonObject {
    return {
      type: "BPE",
      dropout: null,
      unk_token: (symbols.unknown !== undefined && vocabulary.texts[symbols.unknown]) || null,
      continuing_subword_prefix: null,
      end_of_word_suffix: symbols.endOfWord || null,
      fuse_unk: symbols.fuseUnknown ?? false,
      byte_fallback: hasByteTokens(symbols),
      ignore_merges: ignoreMerges,
      vocab: vocabularyJson(vocabulary),
      merges: listOfMerges(merges, vocabulary),
    };
  },

  assemble({ merges, symbols, ignoreMerges }, vocabulary, { split, bytes }: Pieces): AssembledModel {
    const model = new Bpe({
      spell: bytes === "by model" ? toByteLevel : (piece) => piece,
      symbols: characterSymbols(vocabulary, symbols),
      merges,
      wholePieces: ignoreMerges ? vocabulary.ids : undefined,
    });
    const byteLevel = bytes !== "none";
    const words =
      !byteLevel &&
      !ignoreMerges &&
      !symbols.endOfWord &&
      noTokenSpansWords(vocabulary, symbols.whole?.keys());
    return {
      model,
      split: words ? inTurn([split, spaceMarkedWords()]) : split,
      kind: kindOf(byteLevel, symbols),
      merges: merges.size,
    };
  },
};

function readUnknown(model: JsonFields, vocabulary: Vocabulary): number | undefined {
  const unknown = model.optionalString("unk_token") ?? "";
  if (unknown === "") return undefined;
  return vocabulary.idOf(unknown) ?? model.fail("unk_token", "a token of the vocabulary");
}

const hasByteTokens = ({ byteTokens = [] }: SymbolOptions): boolean =>
  byteTokens.some((id) => id !== undefined);

function kindOf(byteLevel: boolean, symbols: SymbolOptions): TokenizerFacts["kind"] {
  if (byteLevel) return "byte-level BPE";
  return hasByteTokens(symbols) ? "character BPE with byte fallback" : "character BPE";
}

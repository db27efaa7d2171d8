/** Files of translation models' tokenizers, made on the spot. */
import { field, message, modelOf } from "./protobuf-writer.ts";

type Piece = readonly [text: string, score: number, type?: number];

const CONTROL: readonly Piece[] = [
  ["<unk>", 0, 2],
  ["<s>", 0, 3],
  ["</s>", 0, 3],
];

const SOURCE: readonly Piece[] = [
  ...CONTROL,
  ["▁", -2],
  ["▁the", -1],
  ["▁king", -1.5],
  ["s", -2.5],
  ["o", -3],
  ["▁o", -2.75],
  ["g", -4],
  ["▁g", -3.5],
  ["od", -3.25],
  ["d", -5],
];

/** `bpe`: the same pieces merge. */
export const sourceModel = (kind: "unigram" | "bpe"): Uint8Array =>
  Uint8Array.from([...modelOf(SOURCE), ...(kind === "bpe" ? field(2, message(field(3, 2))) : [])]);

const TARGET: readonly Piece[] = [...CONTROL, ["▁", -2], ["▁König", -1], ["ö", -2], ["s", -3]];

const targetModel = (): Uint8Array => Uint8Array.from(modelOf(TARGET));

/** Ids of the pieces in another order, without `od`, and with pieces of the target. */
const MARIAN_TOKENS = [
  ...["</s>", "<unk>", ">>deu<<", ">>fra<<", "s", "▁", "▁the", "ö", "▁König", "▁king", "o"],
  ...["▁o", "g", "▁g", "<pad>"],
];

export const marianFiles = (): Record<string, Uint8Array | string> => ({
  "source.spm": sourceModel("unigram"),
  "target.spm": targetModel(),
  "vocab.json": JSON.stringify(Object.fromEntries(MARIAN_TOKENS.map((text, id) => [text, id]))),
  "tokenizer_config.json": JSON.stringify({ tokenizer_class: "MarianTokenizer", source_lang: "eng" }),
});

const M2M100_TOKENS = ["<s>", "<pad>", "</s>", "<unk>", "▁king", "s", "▁", "▁the", "o", "g", "▁g"];

export const m2m100Files = (kind: "unigram" | "bpe"): Record<string, Uint8Array | string> => ({
  "sentencepiece.bpe.model": sourceModel(kind),
  "vocab.json": JSON.stringify(Object.fromEntries(M2M100_TOKENS.map((text, id) => [text, id]))),
});

/**
 * How the tokenizer classes of Hugging Face's transformers give ids to the pieces of a SentencePiece model,
 * and what they put around texts.
 */

import { invalidFile } from "../../../files/invalid-file.ts";
import { quote } from "../../../files/quote.ts";
import { type AddedToken, addedToken } from "../../added-tokens.ts";
import type { SpecialTokens } from "../../description.ts";
import { type Place, robertaTemplate } from "../../template.ts";
import { readSpecialTokens } from "../special-tokens.ts";
import { tokenizerClass } from "../tokenizer-classes.ts";
import type { TokenizerConfig } from "../tokenizer-config.ts";
import { translationTokens } from "../translation-tokens.ts";
import type { SentencePieceTokens } from "./assemble.ts";
import { MBART_CODES, MBART50_CODES, NLLB_CODES } from "./language-codes.ts";
import { PIECE_TYPES, type Piece, type SentencePieceModel } from "./model-file.ts";

export interface Arrangement {
  /** The model with its pieces in the order of the ids. */
  order(model: SentencePieceModel): SentencePieceModel;
  /** Tokens after the pieces, if the files do not list them. */
  more(model: SentencePieceModel, config: TokenizerConfig): AddedToken[];
  special(tokens: SentencePieceTokens, config: TokenizerConfig): SpecialTokens;
}

const asTheyAre: Arrangement = {
  order: (model) => model,
  more: () => [],
  special: (tokens, config) => readSpecialTokens(config, tokenizerClass(config, undefined) ?? {}, tokens),
};

/** `A </s>`; the extra tokens stand in descending order after the pieces. */
const t5: Arrangement = {
  order: (model) => model,
  more({ pieces }, { extraTokens }) {
    const name = (i: number) => `<extra_id_${extraTokens - 1 - i}>`;
    return Array.from({ length: extraTokens }, (_, i) => addedToken(name(i), pieces.length + i, true));
  },
  special(tokens, config) {
    const eos = idOf(tokens, config, "eos_token", "</s>");
    const end: Place = { id: eos, type: 0 };
    const [first, second]: Place[] = [
      { text: 0, type: 0 },
      { text: 1, type: 0 },
    ] as const;
    return {
      bosId: undefined,
      startIds: [],
      endIds: [eos],
      endOfTextIds: [eos],
      template: { single: [first, end], pair: [first, end, second, end] },
    };
  },
};

/**
 * fairseq's order: `<s>`, `<pad>`, `</s>`, `<unk>`, then the normal pieces, the languages of a translation
 * model, and `<mask>` last.
 */
const fairseq = (languages: readonly string[]): Pick<Arrangement, "order" | "more"> => ({
  order(model) {
    const control = (text: string): Piece => ({ text, score: 0, type: PIECE_TYPES.control });
    const unknown: Piece = { text: "<unk>", score: 0, type: PIECE_TYPES.unknown };
    const first = [control("<s>"), control("<pad>"), control("</s>"), unknown];
    const last = [...languages, "<mask>"].map(control);
    return { ...model, pieces: [...first, ...model.pieces.slice(3), ...last] };
  },
  more: ({ pieces }) => [{ ...addedToken("<mask>", pieces.length - 1, true), leftStrip: true }],
});

const translation = (languages: readonly string[], ofFamily: string): Arrangement => ({
  ...fairseq(languages),
  special: (tokens, config) =>
    translationTokens(config, ofFamily, tokens) ?? xlmRoberta.special(tokens, config),
});

const xlmRoberta: Arrangement = {
  ...fairseq([]),
  special(tokens, config) {
    const cls = idOf(tokens, config, "cls_token", "<s>");
    const sep = idOf(tokens, config, "sep_token", "</s>");
    return {
      bosId: cls,
      startIds: [cls],
      endIds: [sep],
      endOfTextIds: [sep],
      template: robertaTemplate(cls, sep),
    };
  },
};

/** CamemBERT keeps the pieces of `<s>` and `</s>`, behind fairseq's names for them, which no text has. */
const camembert: Arrangement = {
  ...xlmRoberta,
  order(model) {
    const control = (text: string): Piece => ({ text, score: 0, type: PIECE_TYPES.control });
    const unknown: Piece = { text: "<unk>", score: 0, type: PIECE_TYPES.unknown };
    const unused = ["<s>NOTUSED", "<pad>", "</s>NOTUSED"].map(control);
    const pieces = [...unused, unknown, control("<unk>NOTUSED"), ...model.pieces.slice(1), control("<mask>")];
    return { ...model, pieces };
  },
};

const arrangements: ReadonlyMap<string, Arrangement> = new Map([
  ["T5Tokenizer", t5],
  ["XLMRobertaTokenizer", xlmRoberta],
  ["CamembertTokenizer", camembert],
  ["MBartTokenizer", translation(MBART_CODES, "MBartTokenizer")],
  ["MBart50Tokenizer", translation(MBART50_CODES, "MBart50Tokenizer")],
  ["NllbTokenizer", translation(NLLB_CODES, "NllbTokenizer")],
]);

/** @param ofFamily class of tokenizer, for directories that do not name one */
export const arrangementOf = ({ className }: TokenizerConfig, ofFamily: string | undefined): Arrangement =>
  arrangements.get(className ?? ofFamily ?? "") ?? asTheyAre;

function idOf(
  { vocabulary }: SentencePieceTokens,
  config: TokenizerConfig,
  role: "eos_token" | "cls_token" | "sep_token",
  usual: string,
): number {
  const content = config.named(role)?.content ?? usual;
  const id = vocabulary.idOf(content);
  if (id !== undefined) return id;
  throw invalidFile(config.directory, `${role} ${quote(content)} is not in the vocabulary`);
}

/**
 * A SentencePiece model beside a vocab.json with other ids: Marian (Junczys-Dowmunt et al. 2018), which reads
 * with source.spm, and M2M100 (Fan et al. 2021).
 */

import { join } from "node:path";
import { JsonFields } from "../../../files/json-fields.ts";
import { type AddedToken, addedToken } from "../../added-tokens.ts";
import type { SpecialTokens, TokenizerDescription } from "../../description.ts";
import type { PipelineTokenizer } from "../../pipeline-tokenizer.ts";
import { aroundTexts } from "../../template.ts";
import { assemble } from "../assemble.ts";
import { limitsOf, type TokenizerConfig } from "../tokenizer-config.ts";
import { translationTokens } from "../translation-tokens.ts";
import { type JsonVocabulary, readVocabulary } from "../vocabulary-json.ts";
import { describe, pipelineOf, vocabularyOf } from "./assemble.ts";
import { M2M100_CODES, WMT21_CODES } from "./language-codes.ts";
import { readSentencePieceModel } from "./model-file.ts";

/** The models that vocab.json stands beside. */
export const MODELS_WITH_VOCABULARY = ["source.spm", "sentencepiece.bpe.model"] as const;
type ModelFile = (typeof MODELS_WITH_VOCABULARY)[number];

const [UNKNOWN, END, PADDING] = ["<unk>", "</s>", "<pad>"];

export async function tokenizerFromPieces(
  name: ModelFile,
  config: TokenizerConfig,
): Promise<PipelineTokenizer> {
  const isMarian = name === "source.spm";
  const model = await readSentencePieceModel(join(config.directory, name));
  const vocab = await JsonFields.read(join(config.directory, "vocab.json"));
  const entries = vocab.names.map((text) => [text, vocab.count(text)] as const);
  const listed = isMarian ? config.addedTokens : [...config.addedTokens, ...languages(vocab, config)];
  const special = [...config.special, UNKNOWN, END, PADDING];
  const tokens = readVocabulary({ file: vocab.file, field: "the vocabulary", entries }, listed, special);
  const idOf = (role: "unk_token" | "eos_token", usual: string): number => {
    const content = config.named(role)?.content ?? usual;
    return tokens.vocabulary.idOf(content) ?? vocab.fail(content, "a token of the vocabulary");
  };
  const unknown = idOf("unk_token", UNKNOWN);
  const pieces = vocabularyOf(model).vocabulary;
  const cutter = describe(model, pieces);
  const others = vocab.names.filter((text) => pieces.idOf(text) === undefined);
  const runs = new Map(others.map((text, i) => [text, pieces.size + i]));
  const around = isMarian ? undefined : translationTokens(config, "M2M100Tokenizer", tokens);
  return assemble({
    ...tokens,
    special: around ?? endedTexts(idOf("eos_token", END)),
    model: {
      type: "Lookup",
      cutter: cutter.type === "Unigram" ? { ...cutter, runs } : cutter,
      pieces,
      unknown,
    },
    pipeline: pipelineOf(model),
    limits: limitsOf(config),
    ...(isMarian && { hasLanguageTags: true }),
  } satisfies TokenizerDescription & JsonVocabulary);
}

/** `A </s>`. */
const endedTexts = (end: number): SpecialTokens => ({
  bosId: undefined,
  startIds: [],
  endIds: [end],
  endOfTextIds: [end],
  template: aroundTexts([], [end]),
});

/** The languages follow the vocabulary, in the order of the class. */
function languages(vocab: JsonFields, config: TokenizerConfig): AddedToken[] {
  const listed = new Set(config.addedTokens.map(({ content }) => content));
  const codes = config.languageCodes === "wmt21" ? WMT21_CODES : M2M100_CODES;
  return codes
    .map((code, i) => addedToken(`__${code}__`, vocab.names.length + i, true))
    .filter(({ content }) => !listed.has(content) && vocab.get(content) === undefined);
}

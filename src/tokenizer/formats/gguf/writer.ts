/** A tokenizer as the `tokenizer.ggml.*` keys of a GGUF file: the mirror of the reader. */
import type { GgufValue } from "../../../checkpoint/checkpoint.ts";
import { ggufValue } from "../../../checkpoint/gguf/entries.ts";
import { GptError } from "../../../errors.ts";
import { JsonFields } from "../../../files/json-fields.ts";
import type { BpeDescription } from "../../bpe/bpe.ts";
import { toByteLevel } from "../../bpe/byte-level.ts";
import { byteTokensOf, type TokenizerDescription, unknownOf, userDefinedOf } from "../../description.ts";
import type { PipelineTokenizer } from "../../pipeline-tokenizer.ts";
import { byteLevelPipeline } from "../pipeline/pipelines.ts";
import { type PreTokenizer, readPreTokenizer } from "../pipeline/pre-tokenizers.ts";
import { PROBE } from "../probe.ts";
import { TOKEN_TYPES, tokenizerKey } from "./keys.ts";
import { ggufPreTokenizers } from "./pre-tokenizers.ts";
import { tokenizerFromGguf } from "./reader.ts";
import { CHARSMAP, unigramValues } from "./unigram.ts";
import { ggufWordPiece, wordPieceValues } from "./word-piece.ts";

/** Values by key, without the prefix. */
type Values = Readonly<Record<string, GgufValue | undefined>>;

/**
 * @param path an error begins with it
 * @param vocabSize tokens of the model: missing ones are filled in, tokens beyond them left out
 * @throws GptError `usage` for a tokenizer that GGUF cannot describe
 */
export function tokenizerEntries(
  path: string,
  tokenizer: PipelineTokenizer,
  vocabSize: number,
): Map<string, Uint8Array> {
  const { bosId, addBos, endOfTextIds } = tokenizer;
  const common = {
    ...tokenValues(tokenizer, vocabSize),
    bos_token_id: bosId,
    eos_token_id: endOfTextIds[0],
    add_bos_token: addBos,
    add_eos_token: tokenizer.description.special.endIds.length > 0 || undefined,
  };
  const wanted = String(tokenizer.encode(PROBE));
  for (const own of modelValues(tokenizer, vocabSize)) {
    const values = { ...own, ...common };
    if (wanted === String(readBack(values)?.encode(PROBE))) return entriesOf(values);
  }
  throw new GptError("usage", `${path}: GGUF has no name for how its tokenizer splits text`);
}

/** The values of the model in its own ways, the likeliest first. */
function modelValues({ description }: PipelineTokenizer, vocabSize: number): Values[] {
  const { model } = description;
  switch (model.type) {
    case "BPE":
      return readPreTokenizer(description.pipeline.optionalObject("pre_tokenizer")).bytes === "none"
        ? scoredValues(model, vocabSize)
        : byteLevelValues(description, model);
    case "WordPiece":
      return [wordPieceValues(description)];
    case "Unigram":
      return unigramValues(description, model, vocabSize);
    case "Lookup":
      return [];
  }
}

/** The tokenizer that readers make of the values. */
function readBack(values: Values): PipelineTokenizer | undefined {
  const metadata = Object.entries(values).filter(([, value]) => value !== undefined);
  const keys = metadata.map(([key, value]) => [tokenizerKey(key), value as GgufValue] as const);
  return tokenizerFromGguf(new Map(keys), "the tokenizer");
}

function entriesOf(values: Values): Map<string, Uint8Array> {
  const entries = new Map<string, Uint8Array>();
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined) entries.set(tokenizerKey(key), bytesOf(key, value));
  }
  return entries;
}

/** As the type that llama.cpp expects. */
function bytesOf(key: string, value: GgufValue): Uint8Array {
  if (typeof value === "string") return ggufValue.string(value);
  if (typeof value === "boolean") return ggufValue.bool(value);
  if (typeof value !== "object") return ggufValue.uint32(Number(value));
  if (key === CHARSMAP) return ggufValue.uint8s(value.map(Number));
  if (key === "scores") return ggufValue.float32s(value.map(Number));
  return typeof value[0] === "number"
    ? ggufValue.int32s(value.map(Number))
    : ggufValue.strings(value.map(String));
}

function tokenValues({ description }: PipelineTokenizer, vocabSize: number): Values {
  const { vocabulary, addedTokens } = description;
  const { model } = description;
  const types = new Map<number, number>();
  for (const { id, special } of addedTokens)
    types.set(id, special ? TOKEN_TYPES.control : TOKEN_TYPES.userDefined);
  for (const id of byteTokensOf(model)) if (id !== undefined) types.set(id, TOKEN_TYPES.byte);
  for (const id of userDefinedOf(model)) types.set(id, TOKEN_TYPES.userDefined);
  const unknown = unknownOf(model);
  if (unknown !== undefined) types.set(unknown, TOKEN_TYPES.unknown);
  const spell = model.type === "WordPiece" ? ggufWordPiece : (token: string) => token;
  const texts = Array.from({ length: vocabSize }, (_, id) => {
    const token = vocabulary.texts[id];
    return token === undefined ? undefined : spell(token);
  });
  return {
    tokens: texts.map((text, id) => text ?? `[PAD${id}]`),
    token_type: texts.map((text, id) =>
      text === undefined ? TOKEN_TYPES.unused : (types.get(id) ?? TOKEN_TYPES.normal),
    ),
    unknown_token_id: unknown,
  };
}

function byteLevelValues({ pipeline, vocabulary }: TokenizerDescription, model: BpeDescription): Values[] {
  const pre = preTokenizerName(pipeline, model);
  if (pre === undefined) return [];
  const text = (id: number) => vocabulary.texts[id] ?? "";
  return [
    {
      model: "gpt2",
      pre,
      merges: model.merges.list().map(({ left, right }) => `${text(left)} ${text(right)}`),
    },
  ];
}

/** The name of a pre-tokenizer that cuts the probe into the same pieces. */
function preTokenizerName(pipeline: JsonFields, model: BpeDescription): string | undefined {
  const wanted = spelledPieces(readPreTokenizer(pipeline.optionalObject("pre_tokenizer")));
  const alike = [...ggufPreTokenizers].filter(([, { patterns }]) => {
    const candidate = new JsonFields("", "", byteLevelPipeline(patterns));
    return spelledPieces(readPreTokenizer(candidate.object("pre_tokenizer"))) === wanted;
  });
  const [name] = alike.find(([, kind]) => kind.ignoreMerges === model.ignoreMerges) ?? alike[0] ?? [];
  return name;
}

/** The pieces of the probe in GPT-2's alphabet, as JSON. */
function spelledPieces({ split, bytes }: PreTokenizer): string {
  const pieces: string[] = [];
  split(PROBE, true, (whole, start, end) => pieces.push(whole.slice(start, end)));
  return JSON.stringify(bytes === "by splitter" ? pieces : pieces.map(toByteLevel));
}

/**
 * SentencePiece's way, with and without the space that is put before a text. The earlier a token is merged,
 * the higher its score. Tokens that no merge makes come last.
 */
function scoredValues(model: BpeDescription, vocabSize: number): Values[] {
  const made = model.merges.list();
  const scores = new Array<number>(vocabSize).fill(-made.length);
  for (const [rank, { result }] of [...made.entries()].reverse()) scores[result] = -rank;
  return [true, false].map((prefix) => ({ model: "llama", scores, add_space_prefix: prefix }));
}

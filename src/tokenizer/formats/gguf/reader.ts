/**
 * The tokenizer in the metadata of a GGUF file (https://github.com/ggml-org/ggml, docs/gguf.md), as llama.cpp
 * reads it.
 */

import type { GgufMetadata } from "../../../checkpoint/checkpoint.ts";
import { JsonFields } from "../../../files/json-fields.ts";
import { quote } from "../../../files/quote.ts";
import { type AddedToken, addedToken } from "../../added-tokens.ts";
import { Vocabulary } from "../../bpe/vocabulary.ts";
import { NO_LIMITS, type SpecialTokens } from "../../description.ts";
import type { PipelineTokenizer } from "../../pipeline-tokenizer.ts";
import { aroundTexts } from "../../template.ts";
import { assemble } from "../assemble.ts";
import { mergesFromList, mergesFromScores } from "../merge-lists.ts";
import { byteLevelPipeline, sentencePiecePipeline } from "../pipeline/pipelines.ts";
import { endOfTextByName } from "../special-tokens.ts";
import { TOKEN_TYPES, TokenizerKeys } from "./keys.ts";
import { ggufPreTokenizer } from "./pre-tokenizers.ts";

/**
 * @returns undefined for a file without a vocabulary
 * @throws GptError `invalid-file` that names the key
 */
export function tokenizerFromGguf(metadata: GgufMetadata, path: string): PipelineTokenizer | undefined {
  const keys = new TokenizerKeys(metadata, path);
  const model = keys.string("model");
  switch (model) {
    case undefined:
    case "none":
    case "no_vocab":
      return undefined;
    case "gpt2":
      return byteLevelTokenizer(keys);
    case "llama":
      return sentencePieceTokenizer(keys);
    default:
      throw keys.invalid("model", `is ${quote(model)}, which is not implemented; "gpt2" and "llama" are`);
  }
}

/** Byte-level BPE: merges are listed. */
function byteLevelTokenizer(keys: TokenizerKeys): PipelineTokenizer {
  const name = keys.string("pre");
  const kind = ggufPreTokenizer(name, keys.general("architecture"));
  if (kind === undefined) {
    const problem =
      name === undefined ? "is missing: convert the model again" : `${quote(name)} is not implemented`;
    throw keys.invalid("pre", problem);
  }
  const tokens = readTokens(keys, {});
  return assemble({
    vocabulary: tokens.vocabulary,
    addedTokens: tokens.addedTokens,
    special: readSpecialTokens(keys, tokens, kind.addBos),
    model: {
      type: "BPE",
      merges: mergesFromList(tokens.vocabulary, keys.strings("merges"), keys.path, keys.name("merges")),
      symbols: {},
      ignoreMerges: kind.ignoreMerges,
    },
    pipeline: new JsonFields(keys.path, "", byteLevelPipeline(kind.patterns)),
    limits: NO_LIMITS,
  });
}

/** SentencePiece's BPE: merges by score, byte tokens for characters that are not in the vocabulary. */
function sentencePieceTokenizer(keys: TokenizerKeys): PipelineTokenizer {
  const tokens = readTokens(keys, { unknown: 0, bos: 1, eos: 2 });
  const { vocabulary, addedTokens, roles } = tokens;
  return assemble({
    vocabulary,
    addedTokens,
    special: readSpecialTokens(keys, tokens, true),
    model: {
      type: "BPE",
      merges: mergesFromScores(vocabulary, keys.numbers("scores", vocabulary.size), keys.path),
      symbols: { byteTokens: vocabulary.byteTokens(), unknown: roles.unknown },
      ignoreMerges: false,
    },
    pipeline: new JsonFields(keys.path, "", sentencePiecePipeline(keys.boolean("add_space_prefix") ?? true)),
    limits: NO_LIMITS,
  });
}

/** The ids of tokens with a role. */
interface Roles {
  readonly unknown?: number | undefined;
  readonly bos?: number | undefined;
  readonly eos?: number | undefined;
  readonly endOfTurn?: number | undefined;
  readonly endOfMessage?: number | undefined;
}

interface Tokens {
  readonly vocabulary: Vocabulary;
  readonly addedTokens: readonly AddedToken[];
  readonly roles: Roles;
}

/** @param usual roles in files that do not say */
function readTokens(keys: TokenizerKeys, usual: Roles): Tokens {
  const texts = keys.strings("tokens");
  const vocabulary = new Vocabulary(keys.path, texts.length);
  const roles = readRoles(keys, texts.length, usual);
  const types = keys.has("token_type") ? keys.numbers("token_type", texts.length) : typesOf(texts, roles);
  const { unknown, control, userDefined, byte } = TOKEN_TYPES;
  const addedTokens: AddedToken[] = [];
  for (const [id, text] of texts.entries()) {
    const type = types[id];
    const whole = type === unknown || type === control || type === userDefined;
    vocabulary.add(text, id, keys.name("tokens"));
    if (whole || type === byte) vocabulary.reserve(text, id, type !== userDefined, keys.name("tokens"));
    if (whole) {
      const rightStrip = stripsRight(keys, text);
      addedTokens.push({ ...addedToken(text, id, type !== userDefined), rightStrip });
    }
  }
  return { vocabulary, addedTokens, roles };
}

/** Tokens of Phi-3 that take no white space along. */
const UNSTRIPPED = new Set(["<unk>", "<s>", "<|endoftext|>"]);

/** GGUF has no flags for white space beside tokens. As llama.cpp does, Phi-3 is known by its name. */
const stripsRight = (keys: TokenizerKeys, text: string): boolean =>
  /phi-?3/i.test(keys.general("name") ?? "") && !UNSTRIPPED.has(text);

function readRoles(keys: TokenizerKeys, size: number, usual: Roles): Roles {
  const id = (key: string, otherwise: number | undefined): number | undefined => {
    if (keys.has(key)) return keys.id(key, size);
    return otherwise !== undefined && otherwise < size ? otherwise : undefined;
  };
  return {
    unknown: id("unknown_token_id", usual.unknown),
    bos: id("bos_token_id", usual.bos),
    eos: id("eos_token_id", usual.eos),
    endOfTurn: id("eot_token_id", undefined),
    endOfMessage: id("eom_token_id", undefined),
  };
}

/** The types of tokens in files that do not say: tokens with a role are control tokens. */
function typesOf(texts: readonly string[], roles: Roles): number[] {
  const ids = new Set<unknown>(Object.values(roles));
  const { control, byte, normal } = TOKEN_TYPES;
  return texts.map((text, id) => (ids.has(id) ? control : /^<0x[0-9A-F]{2}>$/.test(text) ? byte : normal));
}

/** @param addBos in files that do not say */
function readSpecialTokens(
  keys: TokenizerKeys,
  { addedTokens, roles }: Tokens,
  addBos: boolean,
): SpecialTokens {
  const { bos, eos, endOfTurn, endOfMessage } = roles;
  const asked = keys.boolean("add_bos_token");
  if (asked === true && bos === undefined) {
    throw keys.invalid("add_bos_token", `is true, but ${keys.name("bos_token_id")} is missing`);
  }
  const ends = [eos, endOfTurn, endOfMessage, ...endOfTextByName(addedTokens)].filter(
    (id) => id !== undefined,
  );
  const startIds = (asked ?? addBos) && bos !== undefined ? [bos] : [];
  return {
    bosId: bos,
    startIds,
    endIds: [],
    endOfTextIds: [...new Set(ends)],
    template: aroundTexts(startIds, []),
  };
}

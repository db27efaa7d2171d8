/** A tokenizer as the files that Hugging Face's libraries, llama.cpp's converter and `loadTokenizer` read. */

import { GptError } from "../../errors.ts";
import type { JsonObject } from "../../files/json.ts";
import { JsonFields } from "../../files/json-fields.ts";
import type { AddedToken } from "../added-tokens.ts";
import type { BpeTokenizer } from "../bpe-tokenizer.ts";
import type { TokenizerDescription } from "./assemble.ts";
import { byteLevel } from "./pipeline/pipelines.ts";
import { PROBE } from "./probe.ts";
import { tokenizerConfig } from "./tokenizer-config.ts";
import { tokenizerFromJson } from "./tokenizer-json.ts";

/** What the files say beside the tokenizer itself. */
export interface TokenizerExtras {
  /**
   * The class of Hugging Face's transformers that has this pipeline: vocab.json and merges.txt, which do not say how texts are
   * split, mean the same as tokenizer.json then. Undefined where there is none.
   */
  readonly className?: string | undefined;
  /** The text that chats are written with. */
  readonly chatTemplate?: string | undefined;
}

/**
 * The content of each file by its name.
 *
 * @param path what an error begins with
 * @throws GptError `usage` for a tokenizer that the files cannot describe
 */
export function tokenizerFiles(
  path: string,
  tokenizer: BpeTokenizer,
  { className, chatTemplate }: TokenizerExtras = {},
): ReadonlyMap<string, string> {
  const whole = tokenizerJson(tokenizer);
  const config = {
    ...configJson(tokenizer, className),
    ...(chatTemplate !== undefined && { chat_template: chatTemplate }),
  };
  const fields = (json: JsonObject) => new JsonFields(path, "", json);
  const again = tokenizerFromJson(fields(whole), tokenizerConfig(path, fields(config)));
  if (again.addBos !== tokenizer.addBos || String(again.encode(PROBE)) !== String(tokenizer.encode(PROBE))) {
    throw new GptError("usage", `${path}: tokenizer.json has no words for how its tokenizer encodes text`);
  }
  const files = new Map([
    ["tokenizer.json", text(whole)],
    ["tokenizer_config.json", text(config)],
    ["special_tokens_map.json", text(specialTokensMap(tokenizer.description))],
  ]);
  if (className !== undefined) {
    files.set("vocab.json", text(vocabularyJson(tokenizer.description)));
    files.set("merges.txt", ["#version: 0.2", ...mergeList(tokenizer.description), ""].join("\n"));
  }
  return files;
}

const text = (value: JsonObject): string => `${JSON.stringify(value, null, 2)}\n`;

function tokenizerJson(tokenizer: BpeTokenizer): JsonObject {
  const { description } = tokenizer;
  const { addedTokens, pipeline, symbols, vocabulary, ignoreMerges } = description;
  const part = (name: string) => pipeline.get(name) ?? null;
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: addedTokens.map((token) => ({ id: token.id, ...addedTokenJson(token) })),
    normalizer: part("normalizer"),
    pre_tokenizer: part("pre_tokenizer"),
    post_processor: postProcessor(tokenizer),
    decoder: part("decoder"),
    model: {
      type: "BPE",
      dropout: null,
      unk_token: (symbols.unknown !== undefined && vocabulary.texts[symbols.unknown]) || null,
      continuing_subword_prefix: null,
      end_of_word_suffix: symbols.endOfWord || null,
      fuse_unk: symbols.fuseUnknown ?? false,
      byte_fallback: symbols.byteTokens?.some((id) => id !== undefined) ?? false,
      ignore_merges: ignoreMerges,
      vocab: vocabularyJson(description),
      merges: mergeList(description),
    },
  };
}

const addedTokenJson = (token: AddedToken): JsonObject => ({
  content: token.content,
  single_word: token.singleWord,
  lstrip: token.leftStrip,
  rstrip: token.rightStrip,
  normalized: token.normalized,
  special: token.special,
});

const vocabularyJson = ({ vocabulary }: TokenizerDescription): JsonObject =>
  Object.fromEntries([...vocabulary.texts.entries()].flatMap(([id, text]) => (text ? [[text, id]] : [])));

/**
 * The first merges first; of those with one score, those whose left side is longer, as transformers writes SentencePiece's.
 * A text each, which all versions of tokenizers read, unless a token has a space.
 */
function mergeList({ merges, vocabulary }: TokenizerDescription): (string | string[])[] {
  const spelled = (id: number) => vocabulary.texts[id] ?? "";
  const pairs = merges
    .list()
    .map(({ left, right, rank }) => ({ rank, pair: [spelled(left), spelled(right)] as const }))
    .sort((a, b) => a.rank - b.rank || b.pair[0].length - a.pair[0].length)
    .map(({ pair }) => [...pair]);
  const isPlain = pairs.every((pair) => pair.every((token) => !token.includes(" ")));
  return isPlain ? pairs.map((pair) => pair.join(" ")) : pairs;
}

/** Trims the spaces of a byte-level token from where it says that its text is; puts the token that begins texts before them. */
function postProcessor({ facts, description }: BpeTokenizer): JsonObject | null {
  const { bosId, addBos } = description.special;
  const bos = bosId === undefined ? undefined : description.vocabulary.texts[bosId];
  const steps: JsonObject[] = [];
  if (facts.kind === "byte-level BPE") steps.push(byteLevel(false, true));
  if (addBos && bosId !== undefined && bos !== undefined) steps.push(beginWith(bos, bosId));
  return steps.length > 1 ? { type: "Sequence", processors: steps } : (steps[0] ?? null);
}

function beginWith(bos: string, id: number): JsonObject {
  const begun = (sequence: "A" | "B", type_id: number) => [
    { SpecialToken: { id: bos, type_id } },
    { Sequence: { id: sequence, type_id } },
  ];
  return {
    type: "TemplateProcessing",
    single: begun("A", 0),
    pair: [...begun("A", 0), ...begun("B", 1)],
    special_tokens: { [bos]: { id: bos, ids: [id], tokens: [bos] } },
  };
}

function configJson({ description }: BpeTokenizer, className = "PreTrainedTokenizerFast"): JsonObject {
  const { addedTokens, special } = description;
  return {
    tokenizer_class: className,
    ...specialTokensMap(description),
    ...(special.addBos && { add_bos_token: true }),
    add_prefix_space: false,
    clean_up_tokenization_spaces: false,
    added_tokens_decoder: Object.fromEntries(
      addedTokens.map((token) => [String(token.id), addedTokenJson(token)]),
    ),
  };
}

/** The tokens with a role, and the other control tokens. */
function specialTokensMap({ addedTokens, special, symbols, vocabulary }: TokenizerDescription): JsonObject {
  const ids = { bos_token: special.bosId, eos_token: special.endOfTextIds[0], unk_token: symbols.unknown };
  const roles = Object.entries(ids).flatMap(([role, id]) => {
    const content = id === undefined ? undefined : vocabulary.texts[id];
    return content === undefined ? [] : [[role, content] as const];
  });
  const named = new Set(roles.map(([, content]) => content));
  const others = addedTokens.filter(({ content, special }) => special && !named.has(content));
  return {
    ...Object.fromEntries(roles),
    ...(others.length > 0 && { additional_special_tokens: others.map(({ content }) => content) }),
  };
}

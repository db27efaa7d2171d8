/** A trained tokenizer as the files that Hugging Face's libraries, llama.cpp's converter and `loadTokenizer` read. */

import type { JsonObject } from "../../files/json.ts";
import type { TrainedTokenizer } from "./train.ts";

/** The content of each file by its name. */
export function tokenizerFiles(trained: TrainedTokenizer): ReadonlyMap<string, string> {
  const files = new Map([
    ["tokenizer.json", json(tokenizerJson(trained))],
    ["tokenizer_config.json", json(tokenizerConfig(trained))],
    ["special_tokens_map.json", json(specialTokensMap(trained))],
  ]);
  if (trained.pattern.className !== undefined) {
    files.set("vocab.json", json(vocabulary(trained)));
    files.set("merges.txt", ["#version: 0.2", ...mergeLines(trained), ""].join("\n"));
  }
  return files;
}

const json = (value: JsonObject): string => `${JSON.stringify(value, null, 2)}\n`;

const vocabulary = ({ tokens }: TrainedTokenizer): JsonObject =>
  Object.fromEntries(tokens.map((token, id) => [token, id]));

/** Tokens in GPT-2's alphabet hold no space. */
const mergeLines = ({ merges }: TrainedTokenizer): string[] =>
  merges.map(([left, right]) => `${left} ${right}`);

function tokenizerJson(trained: TrainedTokenizer): JsonObject {
  const { pipeline } = trained.pattern;
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: trained.specialTokens.map((content, id) => ({ id, ...controlToken(content) })),
    normalizer: pipeline.normalizer,
    pre_tokenizer: pipeline.pre_tokenizer,
    post_processor: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
    decoder: pipeline.decoder,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: vocabulary(trained),
      merges: mergeLines(trained),
    },
  };
}

function tokenizerConfig(trained: TrainedTokenizer): JsonObject {
  const { specialTokens, pattern } = trained;
  return {
    tokenizer_class: pattern.className ?? "PreTrainedTokenizerFast",
    ...specialTokensMap(trained),
    add_prefix_space: false,
    clean_up_tokenization_spaces: false,
    added_tokens_decoder: Object.fromEntries(
      specialTokens.map((content, id) => [String(id), controlToken(content)]),
    ),
  };
}

/** The first control token has the roles of GPT-2's only one: it begins and ends texts. */
function specialTokensMap({ specialTokens }: TrainedTokenizer): JsonObject {
  const [endOfText = "", ...others] = specialTokens;
  return {
    bos_token: endOfText,
    eos_token: endOfText,
    unk_token: endOfText,
    ...(others.length > 0 ? { additional_special_tokens: others } : {}),
  };
}

const controlToken = (content: string): JsonObject => ({
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});

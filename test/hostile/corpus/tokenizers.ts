/** tokenizer.json, and vocab.json with merges.txt. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeGpt2 } from "../subjects.ts";
import { field, type HostileCase, type Json, LFS_POINTER, type Verb, WEB_PAGE } from "./case.ts";

const tokenizer = (values: Json, message: RegExp, verb?: Verb) =>
  field("tokenizer.json", (json) => Object.assign(json, values), message, verb);
const bpe = (values: Json, message: RegExp, verb?: Verb) =>
  field("tokenizer.json", (json) => Object.assign(json.model as Json, values), message, verb);

const split = (regex: string) => ({ type: "Split", pattern: { Regex: regex }, behavior: "Isolated" });
const added = (values: Json) => ({ added_tokens: [{ id: 0, content: "<x>", ...values }] });

export const tokenizers: readonly HostileCase[] = [
  bpe({ type: "WordLevel" }, /model\.type: model "WordLevel" is not implemented/, "tokenize"),
  bpe({ type: "WordPiece" }, /model\.unk_token is .*, expected a token of the vocabulary/),
  tokenizer(
    { pre_tokenizer: { type: "Hieroglyphs" } },
    /pre_tokenizer\.type: pre-tokenizer "Hieroglyphs" is not implemented/,
    "generate",
  ),
  tokenizer(
    { normalizer: { type: "Hieroglyphs" } },
    /normalizer\.type: normalizer "Hieroglyphs" is not implemented/,
  ),
  tokenizer({ decoder: { type: "CTC" } }, /decoder\.type: decoder "CTC" is not implemented/),
  tokenizer({ post_processor: { type: "Hieroglyphs" } }, /post-processor "Hieroglyphs" is not implemented/),
  tokenizer(
    { pre_tokenizer: split("(") },
    /pre_tokenizer\.pattern: regular expression "\(" has a \( without \)/,
    "tokenize",
  ),
  tokenizer({ pre_tokenizer: split("[") }, /regular expression "\[" has a \[ without \]/),
  tokenizer({ pre_tokenizer: split("x{2,1}") }, /regular expression "x\{2,1\}" is not valid/),
  tokenizer(
    { normalizer: { type: "Replace", pattern: { String: "a" }, content: "a".repeat(2000) } },
    /normalizer\.content is .*, expected at most 1000 characters/,
  ),
  tokenizer({ added_tokens: 3 }, /added_tokens is 3, expected a list/),
  tokenizer({ added_tokens: ["<s>"] }, /added_tokens\[0\] is "<s>", expected an object/),
  tokenizer(added({ content: 7 }), /added_tokens\[0\]\.content is 7, expected a string/),
  tokenizer(added({ id: -1 }), /added_tokens\[0\]\.id is -1, expected an integer/),
  tokenizer(added({ id: 2 ** 40 }), /token id 1099511627776 is too large, at most 2097151/, "tokenize"),
  tokenizer(
    added({ content: "x".repeat(5000) }),
    /added_tokens\[0\]\.content is .*, expected at most 1000 characters/,
  ),
  tokenizer({ model: [] }, /model is \[\], expected an object/),
  bpe({ vocab: { a: 2 ** 40 } }, /token id 1099511627776 is too large/, "tokenize"),
  bpe({ vocab: { a: -1 } }, /model\.vocab\.a is -1, expected an integer/),
  bpe({ vocab: { a: 1e308 } }, /model\.vocab\.a is 1e\+308/),
  bpe({ merges: [["a"]] }, /model\.merges\[0\] is \["a"\], expected two tokens/),
  bpe({ merges: "a b" }, /model\.merges is "a b", expected a list/),
  bpe({ merges: ["\u0001 \u0002"] }, /model\.merges\[0\]: token "\\u0001" is not in the vocabulary/),
];

const TOKENIZER_FILES = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"];

/** A good directory of vocab.json and merges.txt in which one of the two is wrong. */
const halves = (vocab: string, merges: string, message: RegExp, verb?: Verb): HostileCase => ({
  name: `vocab.json and merges.txt: ${message.source}`,
  write: (folder) => {
    writeGpt2(folder);
    for (const name of TOKENIZER_FILES) rmSync(join(folder, name));
    writeFileSync(join(folder, "vocab.json"), vocab);
    writeFileSync(join(folder, "merges.txt"), merges);
    return folder;
  },
  code: "invalid-file",
  message,
  ...(verb && { verb }),
});

export const vocabularies: readonly HostileCase[] = [
  halves(
    '{"a":0,"b":1}',
    "#version: 0.2\na b\n",
    /merges\.txt: merges\[0\]: token "ab" is not in the vocabulary/,
    "tokenize",
  ),
  halves('{"a":0,"b":0}', "", /vocab\.json: the vocabulary: id 0 belongs to both "a" and "b"/),
  halves(LFS_POINTER, "", /vocab\.json: is a git-lfs pointer/),
  halves('{"a":0}', WEB_PAGE, /merges\.txt: is a web page/),
];

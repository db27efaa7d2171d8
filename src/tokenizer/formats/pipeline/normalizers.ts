/** Rewriting text before it is split: Unicode forms, lower case, a mark for spaces. */

import { invalidFile } from "../../../files/invalid-file.ts";
import type { JsonFields } from "../../../files/json-fields.ts";
import { quote } from "../../../files/quote.ts";
import { toByteLevel } from "../../bpe/byte-level.ts";
import { inOrder, type Rewrite, unchanged } from "../../rewrite.ts";
import { readPrecompiled, readSentencePiece } from "./precompiled.ts";
import { readReplace } from "./replace.ts";

/** Puts `prefix` before any text but the empty one. */
function prepend(prefix: string): Rewrite {
  return (text) => (text === "" ? text : prefix + text);
}

/** @param pattern a global regular expression */
function replace(pattern: RegExp, content: string): Rewrite {
  return (text) => text.replaceAll(pattern, () => content);
}

/** Letter by letter: unlike `toLowerCase`, a sigma at the end of a word is no exception. */
export const lowercase: Rewrite = (text) => text.replaceAll("Σ", "σ").toLowerCase();

export interface BertNormalizerOptions {
  /** Drop control characters; every white space becomes a plain space. */
  readonly cleanText: boolean;
  /** Put spaces around ideographs. */
  readonly handleChineseChars: boolean;
  readonly stripAccents: boolean;
  readonly lowercase: boolean;
}

/** BERT's normalizer (Devlin et al. 2018), which GPT-1's tokenizer uses as well. */
function bertNormalizer(options: BertNormalizerOptions): Rewrite {
  const steps: Rewrite[] = [];
  if (options.cleanText) {
    steps.push(replace(/(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}]|\uFFFD/gu, ""), replace(/\p{White_Space}/gu, " "));
  }
  if (options.handleChineseChars) steps.push((text) => text.replace(IDEOGRAPH, " $& "));
  if (options.stripAccents) steps.push((text) => text.normalize("NFD").replace(/\p{Mn}/gu, ""));
  if (options.lowercase) steps.push(lowercase);
  return inOrder(steps);
}

/** Chinese characters by BERT's definition. The gap at U+2B820 is in the original's ranges, too. */
const IDEOGRAPH =
  /[\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu;

const form =
  (name: "NFC" | "NFD" | "NFKC" | "NFKD"): Rewrite =>
  (text) =>
    text.normalize(name);

const readers: Readonly<Record<string, (fields: JsonFields) => Rewrite>> = {
  Sequence: (fields) => inOrder(fields.objects("normalizers").map(readNormalizer)),
  NFC: () => form("NFC"),
  NFD: () => form("NFD"),
  NFKC: () => form("NFKC"),
  NFKD: () => form("NFKD"),
  Lowercase: () => lowercase,
  StripAccents: () => replace(/\p{M}/gu, ""),
  Strip: (fields) => strip(fields.boolean("strip_left", true), fields.boolean("strip_right", true)),
  Prepend: (fields) => prepend(fields.string("prepend")),
  Replace: readReplace,
  Precompiled: readPrecompiled,
  SentencePiece: readSentencePiece,
  ByteLevel: () => toByteLevel,
  BertNormalizer(fields) {
    const lower = fields.boolean("lowercase", true);
    return bertNormalizer({
      cleanText: fields.boolean("clean_text", true),
      handleChineseChars: fields.boolean("handle_chinese_chars", true),
      stripAccents: fields.boolean("strip_accents", lower),
      lowercase: lower,
    });
  },
};

/**
 * The `normalizer` of a tokenizer.json.
 * @throws GptError `invalid-file` for a type that is not implemented
 */
export function readNormalizer(fields: JsonFields | undefined): Rewrite {
  if (fields === undefined) return unchanged;
  const type = fields.string("type");
  const read = Object.hasOwn(readers, type) ? readers[type] : undefined;
  if (read !== undefined) return read(fields);
  throw invalidFile(fields.file, `${fields.path}type: normalizer ${quote(type)} is not implemented`);
}

function strip(left: boolean, right: boolean): Rewrite {
  const steps: Rewrite[] = [];
  // Lazy: a greedy repetition takes V8's memory for each character.
  if (left) steps.push((text) => text.replace(/^\p{White_Space}+?(?!\p{White_Space})/u, ""));
  if (right) steps.push((text) => text.replace(/(?<!\p{White_Space})\p{White_Space}+?$/u, ""));
  return inOrder(steps);
}

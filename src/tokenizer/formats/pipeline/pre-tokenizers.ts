/**
 * The `pre_tokenizer` of a tokenizer.json: it cuts a text into the pieces that the model encodes one by one.
 */

import { invalidFile } from "../../../files/invalid-file.ts";
import type { JsonFields } from "../../../files/json-fields.ts";
import { quote } from "../../../files/quote.ts";
import { toByteLevel } from "../../bpe/byte-level.ts";
import { regular } from "../../pattern/automaton.ts";
import { fromOniguruma } from "../../pattern/oniguruma.ts";
import { patterns } from "../../pattern/patterns.ts";
import { RUST_WORD } from "../../pattern/regex.ts";
import { scripts } from "../../pattern/scripts.ts";
import {
  behaviors,
  inTurn,
  matchesOf,
  ofLength,
  type Splitter,
  splitAt,
  unsplit,
} from "../../pattern/splitters.ts";
import { withinTime } from "../../pattern/time-limit.ts";
import { literalPattern, readPattern, tooSlow } from "./file-pattern.ts";
import { readMetaspace } from "./metaspace.ts";

export interface PreTokenizer {
  readonly split: Splitter;
  /**
   * `none` for models of characters. The pieces are spelled in GPT-2's alphabet by the model or by the
   * splitter.
   */
  readonly bytes: "none" | "by model" | "by splitter";
}

/** @throws GptError `invalid-file` for a type that is not implemented */
export function readPreTokenizer(fields: JsonFields | undefined): PreTokenizer {
  if (fields === undefined) return { split: unsplit, bytes: "none" };
  const steps = flatten(fields).map((step) => ({ type: step.string("type"), ...readStep(step) }));
  const isLast = (index: number) => index === steps.length - 1;
  // The model spells the pieces of a ByteLevel at the end: it caches them as they stand in the text.
  const splitters = steps.map(({ type, split }, index) =>
    type === "ByteLevel" && !isLast(index) ? spelled(split) : split,
  );
  const split = inTurn(splitters);
  const byteLevel = steps.findLastIndex(({ type }) => type === "ByteLevel");
  return {
    split: steps.some(({ isSlow }) => isSlow) ? splitWithinTime(fields, split) : split,
    bytes: byteLevel === -1 ? "none" : isLast(byteLevel) ? "by model" : "by splitter",
  };
}

function flatten(fields: JsonFields): JsonFields[] {
  return fields.get("type") === "Sequence" ? fields.objects("pretokenizers").flatMap(flatten) : [fields];
}

/** The pieces in GPT-2's alphabet. */
export function spelled(split: Splitter): Splitter {
  return (text, atStart, take) =>
    split(text, atStart, (whole, start, end) => {
      const spelling = toByteLevel(whole.slice(start, end));
      take(spelling, 0, spelling.length);
    });
}

function splitWithinTime(fields: JsonFields, split: Splitter): Splitter {
  return (text, atStart, take) => {
    const pieces: string[] = [];
    withinTime(text.length, tooSlow(fields), () =>
      split(text, atStart, (whole, start, end) => pieces.push(whole.slice(start, end))),
    );
    for (const piece of pieces) take(piece, 0, piece.length);
  };
}

interface Step {
  readonly split: Splitter;
  /** The step needs a time limit. */
  readonly isSlow?: boolean;
}

const ASCII_PUNCTUATION = "!-\\/:-@\\[-`\\{-~";
const PUNCTUATION = `[\\p{P}${ASCII_PUNCTUATION}]`;

const at = (source: string) => regular(new RegExp(source, "u"));

const readers: Readonly<Record<string, (fields: JsonFields) => Step>> = {
  ByteLevel: (fields) => ({ split: readByteLevel(fields) }),
  Metaspace: (fields) => ({ split: readMetaspace(fields) }),
  Split(fields) {
    const { matches, isLinear } = readPattern(fields);
    const split = splitAt(matches, readBehavior(fields), fields.boolean("invert", false));
    return { split, isSlow: !isLinear };
  },
  Digits(fields) {
    const matches = at(fields.boolean("individual_digits", false) ? "\\p{N}" : "\\p{N}+");
    return { split: splitAt(matches, "Isolated") };
  },
  Punctuation: (fields) => ({ split: splitAt(at(PUNCTUATION), readBehavior(fields, "Isolated")) }),
  Whitespace: () => ({ split: matchesOf(at(`[${RUST_WORD}]+|[^${RUST_WORD}\\p{White_Space}]+`)) }),
  WhitespaceSplit: () => ({ split: matchesOf(at("\\P{White_Space}+")) }),
  BertPreTokenizer: () => ({
    split: matchesOf(at(`${PUNCTUATION}|[^\\p{White_Space}\\p{P}${ASCII_PUNCTUATION}]+`)),
  }),
  CharDelimiterSplit(fields) {
    const delimiter = fields.string("delimiter");
    if ([...delimiter].length !== 1) fields.fail("delimiter", "one character");
    return { split: splitAt(literalPattern(delimiter).matches, "Removed") };
  },
  FixedLength(fields) {
    const length = fields.get("length") === undefined ? 5 : fields.count("length");
    return { split: ofLength(length > 0 ? length : fields.fail("length", "an integer of 1 or more")) };
  },
  UnicodeScripts: () => ({ split: scripts }),
};

function readStep(fields: JsonFields): Step {
  const type = fields.string("type");
  const read = Object.hasOwn(readers, type) ? readers[type] : undefined;
  if (read !== undefined) return read(fields);
  throw invalidFile(fields.file, `${fields.path}type: pre-tokenizer ${quote(type)} is not implemented`);
}

function readByteLevel(fields: JsonFields): Splitter {
  const useRegex = fields.boolean("use_regex", true);
  const pieces = useRegex ? splitAt(regular(fromOniguruma(patterns.gpt2)), "Isolated") : unsplit;
  if (!fields.boolean("add_prefix_space", true)) return pieces;
  return (text, atStart, take) => pieces(text.startsWith(" ") ? text : ` ${text}`, atStart, take);
}

function readBehavior(fields: JsonFields, absent?: string): (typeof behaviors)[number] {
  const name = fields.optionalString("behavior") ?? absent;
  return (
    behaviors.find((behavior) => behavior === name) ??
    fields.fail("behavior", `one of ${behaviors.join(", ")}`)
  );
}

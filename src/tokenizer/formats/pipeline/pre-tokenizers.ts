/** Splitting text before BPE. */

import { invalidFile } from "../../../files/invalid-file.ts";
import type { JsonFields } from "../../../files/json-fields.ts";
import { quote } from "../../../files/quote.ts";
import { regular } from "../../pattern/automaton.ts";
import { fromOniguruma } from "../../pattern/oniguruma.ts";
import { patterns } from "../../pattern/patterns.ts";
import { RUST_WORD } from "../../pattern/regex.ts";
import { behaviors, inTurn, matchesOf, type Splitter, splitAt, unsplit } from "../../pattern/splitters.ts";
import { isQuick, readSearcher, withinTime } from "./file-pattern.ts";
import { readMetaspace } from "./metaspace.ts";

export interface PreTokenizer {
  readonly split: Splitter;
  /** Whether BPE then works on the bytes of the pieces, spelled in GPT-2's alphabet. */
  readonly byteLevel: boolean;
}

const ASCII_PUNCTUATION = "!-\\/:-@\\[-`\\{-~";
const PUNCTUATION = `[\\p{P}${ASCII_PUNCTUATION}]`;

/** The `pre_tokenizer` of a tokenizer.json. */
export function readPreTokenizer(fields: JsonFields | undefined): PreTokenizer {
  if (fields === undefined) return { split: unsplit, byteLevel: false };
  const steps = flatten(fields);
  for (const step of steps.slice(0, -1)) {
    if (step.get("type") === "ByteLevel") {
      throw invalidFile(
        step.file,
        `${step.path}type: ByteLevel before the end of a Sequence is not implemented`,
      );
    }
  }
  const split = inTurn(steps.map(readSplitter));
  return {
    split: steps.every(isQuick) ? split : splitWithinTime(fields, split),
    byteLevel: steps.at(-1)?.get("type") === "ByteLevel",
  };
}

function splitWithinTime(fields: JsonFields, split: Splitter): Splitter {
  return (text, atStart, take) => {
    const pieces: string[] = [];
    withinTime(fields, text.length, () =>
      split(text, atStart, (whole, start, end) => pieces.push(whole.slice(start, end))),
    );
    for (const piece of pieces) take(piece, 0, piece.length);
  };
}

function flatten(fields: JsonFields): JsonFields[] {
  return fields.get("type") === "Sequence" ? fields.objects("pretokenizers").flatMap(flatten) : [fields];
}

function readSplitter(fields: JsonFields): Splitter {
  const type = fields.string("type");
  switch (type) {
    case "ByteLevel": {
      const pieces = fields.boolean("use_regex", true)
        ? splitAt(regular(fromOniguruma(patterns.gpt2)), "Isolated")
        : unsplit;
      if (!fields.boolean("add_prefix_space", true)) return pieces;
      return (text, atStart, take) => pieces(text.startsWith(" ") ? text : ` ${text}`, atStart, take);
    }
    case "Split":
      return splitAt(readSearcher(fields), readBehavior(fields), fields.boolean("invert", false));
    case "Digits":
      return splitAt(regular(fields.boolean("individual_digits", false) ? /\p{N}/u : /\p{N}+/u), "Isolated");
    case "Punctuation":
      return splitAt(regular(new RegExp(PUNCTUATION, "u")), readBehavior(fields, "Isolated"));
    case "Whitespace":
      return matchesOf(regular(new RegExp(`[${RUST_WORD}]+|[^${RUST_WORD}\\p{White_Space}]+`, "u")));
    case "WhitespaceSplit":
      return matchesOf(regular(/\P{White_Space}+/u));
    case "BertPreTokenizer":
      return matchesOf(
        regular(new RegExp(`${PUNCTUATION}|[^\\p{White_Space}\\p{P}${ASCII_PUNCTUATION}]+`, "u")),
      );
    case "Metaspace":
      return readMetaspace(fields);
    default:
      throw invalidFile(fields.file, `${fields.path}type: pre-tokenizer ${quote(type)} is not implemented`);
  }
}

function readBehavior(fields: JsonFields, absent?: string): (typeof behaviors)[number] {
  const name = fields.optionalString("behavior") ?? absent;
  return (
    behaviors.find((behavior) => behavior === name) ??
    fields.fail("behavior", `one of ${behaviors.join(", ")}`)
  );
}

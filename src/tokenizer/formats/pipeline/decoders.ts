/** The `decoder` of a tokenizer.json: it turns tokens back into text. */

import { invalidFile } from "../../../files/invalid-file.ts";
import type { JsonFields } from "../../../files/json-fields.ts";
import { quote } from "../../../files/quote.ts";
import { fromByteLevel } from "../../bpe/byte-level.ts";
import type { Decoder, Trim } from "../../decoder.ts";
import { inOrder, type Rewrite, unchanged } from "../../rewrite.ts";
import { metaspaceMark, metaspaceScheme } from "./metaspace.ts";
import { readReplace } from "./replace.ts";

/**
 * The `decoder` of a tokenizer.json. There the steps rewrite a list of tokens; here they rewrite one token at
 * a time and then trim the text, so that a stream never takes back any text.
 */
export function readDecoder(fields: JsonFields | undefined): Decoder {
  const rewrites: Rewrite[] = [];
  let spelling: Spelling | undefined;
  let trim: Trim | undefined;
  let fused = false;
  for (const step of fields === undefined ? [] : flatten(fields)) {
    const read = readStep(step, fused);
    const isLate = fused || (spelling !== undefined && read.sparesBytes !== true);
    const misplaced = (read.rewrite ?? read.spelling) !== undefined && isLate;
    if (misplaced || (read.trim !== undefined && trim !== undefined)) {
      throw invalidFile(
        step.file,
        `${step.path}type: decoder ${step.string("type")} here is not implemented`,
      );
    }
    if (read.rewrite !== undefined) rewrites.push(read.rewrite);
    spelling ??= read.spelling;
    trim ??= read.trim;
    fused ||= read.fuses === true;
  }
  if (fields === undefined) {
    rewrites.push((token) => `${token} `);
    trim = { character: " ", start: 0, stop: 1 };
  }
  const rewrite = inOrder(rewrites);
  return {
    bytes: (token) => (spelling ?? toUtf8)(rewrite(token)),
    addedTokenBytes: (token) => toUtf8(rewrite(token)),
    trim: trim ?? { character: " ", start: 0, stop: 0 },
  };
}

type Spelling = (token: string) => Uint8Array;

interface Step {
  readonly rewrite?: Rewrite;
  readonly spelling?: Spelling;
  /** The rewrite leaves `<0x0A>` as it is: it may come before or after the bytes. */
  readonly sparesBytes?: boolean;
  readonly trim?: Trim;
  /** The steps after this one see a single text. */
  readonly fuses?: boolean;
}

function flatten(fields: JsonFields): JsonFields[] {
  return fields.get("type") === "Sequence" ? fields.objects("decoders").flatMap(flatten) : [fields];
}

/** @param fused the earlier steps have made one text of the tokens */
function readStep(fields: JsonFields, fused: boolean): Step {
  const type = fields.string("type");
  switch (type) {
    case "ByteLevel":
      return { spelling: fromByteLevel, fuses: true };
    case "ByteFallback":
      return { spelling: fromByteToken };
    case "Fuse":
      return { fuses: true };
    case "Replace":
      return { rewrite: readReplace(fields) };
    case "Strip": {
      const trim = readTrim(fields);
      return fused ? { trim } : { rewrite: (token) => trimmed(token, trim) };
    }
    case "BPEDecoder": {
      const suffix = fields.optionalString("suffix") ?? "</w>";
      const trim = { character: " ", start: 0, stop: 1 };
      return { rewrite: (token) => token.replaceAll(suffix, " "), trim };
    }
    case "Metaspace": {
      const mark = metaspaceMark(fields);
      const trim = { character: " ", start: metaspaceScheme(fields) === "never" ? 0 : 1, stop: 0 };
      return { rewrite: (token) => token.replaceAll(mark, " "), trim, sparesBytes: !/[<>\dA-Fx]/.test(mark) };
    }
    case "WordPiece":
      return readWordPiece(fields);
    default:
      throw invalidFile(fields.file, `${fields.path}type: decoder ${quote(type)} is not implemented`);
  }
}

/** A token is a word, but for one with the prefix of tokens within words. */
function readWordPiece(fields: JsonFields): Step {
  const prefix = fields.optionalString("prefix") ?? "##";
  const cleanup = fields.boolean("cleanup", true) ? closePunctuation : unchanged;
  return {
    rewrite: (token) => cleanup(token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`),
    trim: { character: " ", start: 1, stop: 0 },
  };
}

/** English punctuation loses the space before it. */
const closePunctuation: Rewrite = (word) =>
  /^ (?:[.?!,]|n't|'(?:m|s|ve|re))/.test(word) ? word.slice(1) : word;

function readTrim(fields: JsonFields): Trim {
  const character = fields.string("content");
  if ([...character].length !== 1) fields.fail("content", "one character");
  return { character, start: fields.count("start"), stop: fields.count("stop") };
}

function trimmed(text: string, { character, start, stop }: Trim): string {
  let first = 0;
  let end = text.length;
  for (let n = 0; n < start && text.startsWith(character, first); n++) first += character.length;
  for (let n = 0; n < stop && end > first && text.endsWith(character, end); n++) end -= character.length;
  return text.slice(first, end);
}

const utf8 = new TextEncoder();
const toUtf8: Spelling = (token) => utf8.encode(token);

/** `<0x0A>` is a byte, any other token its text. */
const fromByteToken: Spelling = (token) => {
  const hex = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
  return hex === undefined ? utf8.encode(token) : Uint8Array.of(Number.parseInt(hex, 16));
};

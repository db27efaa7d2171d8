/** Backslash escapes in a prompt, for shells that make it hard to type a line feed. */
import { GptError } from "../../../errors.ts";

const characters: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "\\": "\\",
  '"': '"',
  "'": "'",
};

/** An escape as it stands, right or wrong: hexadecimal ones as far as their digits and braces go. */
const escapes = /\\(?:x[0-9a-fA-F]{0,2}|u\{[^}]*\}?|.|$)/gsu;

/**
 * \n \t \r \\ \" \' are characters, \u{1f999} is one by its code point, and \xHH is a byte: together with its
 * neighbours it makes up UTF-8.
 *
 * @throws GptError `usage` for any other escape, and for bytes that are no text
 */
export function processEscapes(text: string): string {
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(escapes)) {
    parts.push(Buffer.from(text.slice(end, index)), bytesOf(found));
    end = index + found.length;
  }
  parts.push(Buffer.from(text.slice(end)));
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts));
  } catch {
    throw new GptError("usage", "--escape: the bytes of \\xHH make no UTF-8; \\u{e9} is a character");
  }
}

function bytesOf(found: string): Uint8Array {
  const kind = found.charAt(1);
  const character = characters[kind];
  if (character !== undefined) return Buffer.from(character);
  const [, hexByte, codePoint] = /^\\(?:x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\})$/.exec(found) ?? [];
  if (hexByte !== undefined) return Buffer.from(hexByte, "hex");
  const code = Number.parseInt(codePoint ?? "", 16);
  if (code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)) return Buffer.from(String.fromCodePoint(code));
  const known = "\\n \\t \\r \\\\ \\\" \\' \\xHH \\u{...}";
  throw new GptError(
    "usage",
    `--escape: there is no escape ${found}; a backslash is \\\\, and there are ${known}`,
  );
}

/** Tokens as readable text: each on one line, without control characters. */
import { textOf } from "../../files/utf8.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";
import { broken, textWidth } from "./width.ts";

const LINE_FEED = 0x0a;

/** A piece on one line: `\n` for a line feed, `\xf0\x9f` for part of a character. */
export const visible = (bytes: Uint8Array): string => visibleText(textOf(bytes) ?? hexadecimal(bytes));

/**
 * Escapes control characters, line separators and invisible ones such as joiners. A lone accent gets a circle
 * below it.
 */
export const visibleText = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped).replace(/^\p{M}/u, "◌$&");

/** The same between quotes, so that spaces show. */
export const quotedText = (text: string): string => `"${visibleText(text.replace(/["\\]/g, "\\$&"))}"`;

/** A piece on one line between quotes. */
export const quoted = (bytes: Uint8Array): string => {
  const text = textOf(bytes);
  return text === undefined ? `"${visibleText(hexadecimal(bytes))}"` : quotedText(text);
};

const hexadecimal = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString("latin1")
    .replace(/[\x80-\xff]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`);

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return JSON.stringify(character).slice(1, -1);
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;
}

/** Something for each token of a text. Long texts have few different ones: it is made once of each. */
export function perToken<T>(ids: readonly number[], make: (id: number) => T): T[] {
  const made = new Map<number, T>();
  for (const id of ids) if (!made.has(id)) made.set(id, make(id));
  return ids.map((id) => made.get(id) as T);
}

/** A line for each token: its id, how many bytes it has, and the piece. @param bytesOf each id */
export function pieceTable(ids: readonly number[], bytesOf: (id: number) => Uint8Array): string {
  const different = [...new Set(ids)];
  const row = (id: number) => [String(id), String(bytesOf(id).length), quoted(bytesOf(id))];
  const lines = table(different.map(row), [2]).split("\n");
  const lineOf = new Map(different.map((id, i) => [id, `${lines[i]}\n`]));
  return ids.map((id) => lineOf.get(id)).join("");
}

/**
 * Pieces in alternating colours. A line ends after a line feed and at the edge of the terminal: no colour
 * runs over it. Only a piece longer than a line is broken.
 *
 * @param columns of the terminal
 */
export function coloredPieces(pieces: readonly Uint8Array[], style: Style, columns: number): string {
  let text = "";
  let column = 0;
  const endLine = () => {
    if (column > 0) text += "\n";
    column = 0;
  };
  for (const [index, bytes] of pieces.entries()) {
    const piece = visible(bytes);
    if (column + textWidth(piece) > columns) endLine();
    const lines = broken(piece, columns);
    text += style.background(index, lines.join("\n"));
    column += textWidth(lines.at(-1) ?? "");
    if (bytes.at(-1) === LINE_FEED) endLine();
  }
  return text;
}

/** UTF-8 of bytes that may be text. */
import { isUtf8 } from "node:buffer";
import { GptError } from "../errors.ts";

/**
 * The text of bytes, with a byte-order mark. Undefined for bytes that are not UTF-8, such as a part of a
 * character.
 */
export const textOf = (bytes: Uint8Array): string | undefined =>
  isUtf8(bytes) ? new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes) : undefined;

/**
 * The text of bytes that must be text.
 *
 * @param name the name of their file in an error
 * @param start the place of the first byte in that file
 * @throws GptError `invalid-file` that shows the first byte that is not UTF-8
 */
export function decodeText(bytes: Uint8Array, name: string, start = 0): string {
  const text = textOf(bytes);
  if (text !== undefined) return text;
  const replaced = Buffer.from(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
  const offset = bytes.findIndex((byte, index) => byte !== replaced[index]);
  const found = `byte ${start + offset} is 0x${Buffer.from(bytes).toString("hex", offset, offset + 1)}`;
  throw new GptError("invalid-file", `${name}: is not UTF-8: ${found}; convert it, as with iconv`);
}

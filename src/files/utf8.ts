/** Bytes that may be text. */
import { isUtf8 } from "node:buffer";
import { GptError } from "../errors.ts";

/** The text that these bytes are, a byte-order mark included; undefined where they are none, as part of a character. */
export const textOf = (bytes: Uint8Array): string | undefined =>
  isUtf8(bytes) ? new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes) : undefined;

/**
 * The same for bytes that ought to be text.
 *
 * @param name what an error calls them
 * @param start the place of the first one in what has that name
 * @throws GptError `invalid-file` for bytes that are not UTF-8, with the first of them
 */
export function decodeText(bytes: Uint8Array, name: string, start = 0): string {
  const text = textOf(bytes);
  if (text !== undefined) return text;
  const replaced = Buffer.from(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
  const offset = bytes.findIndex((byte, index) => byte !== replaced[index]);
  const found = `byte ${start + offset} is 0x${Buffer.from(bytes).toString("hex", offset, offset + 1)}`;
  throw new GptError("invalid-file", `${name}: is not UTF-8: ${found}; convert it, as with iconv`);
}

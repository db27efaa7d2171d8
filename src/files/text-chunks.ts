/** Decodes a stream of bytes to text, chunk by chunk. */

import { GptError } from "../errors.ts";
import { foreignContent, RECOGNIZABLE_BYTES } from "./foreign.ts";
import { decodeText } from "./utf8.ts";

/**
 * No character is split between two chunks. A byte-order mark at the start is dropped.
 *
 * @param name the name of the stream in an error
 * @throws GptError `invalid-file` that shows the first byte that is not UTF-8, or names the real format of
 *   the stream if its first bytes show it
 */
export async function* textChunks(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<string, void, void> {
  let head = Buffer.alloc(0);
  let waiting = Buffer.alloc(0);
  let done = 0;
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([waiting, chunk]);
    if (head.length < RECOGNIZABLE_BYTES) head = Buffer.concat([head, chunk]).subarray(0, RECOGNIZABLE_BYTES);
    const end = wholeCharacters(bytes);
    waiting = bytes.subarray(end);
    if (end === 0) continue;
    const text = decodeKnown(bytes.subarray(0, end), name, done, head);
    yield done === 0 ? text.replace(/^\ufeff/, "") : text;
    done += end;
  }
  decodeKnown(waiting, name, done, head);
}

function decodeKnown(bytes: Uint8Array, name: string, start: number, head: Uint8Array): string {
  try {
    return decodeText(bytes, name, start);
  } catch (error) {
    const foreign = foreignContent(head);
    throw foreign === undefined ? error : new GptError("invalid-file", `${name}: ${foreign}`);
  }
}

/** Number of bytes without an incomplete character at their end. */
function wholeCharacters(bytes: Uint8Array): number {
  const start = bytes.findLastIndex((byte) => byte < 0x80 || byte >= 0xc0);
  const lead = bytes[start] ?? 0;
  const size = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return bytes.length - start < size ? start : bytes.length;
}

/** Where text comes from when it is not an argument: standard input, when something is connected to it. */
import { constants } from "node:buffer";
import { fstatSync } from "node:fs";
import { addAbortSignal, type Readable } from "node:stream";
import { GptError } from "../../errors.ts";

/**
 * The text from the command line, else all of standard input, less one line feed at its end. Nothing is read from a
 * terminal, /dev/null or a closed descriptor: nobody waits for text that will not come.
 *
 * @param example a command line that gives a text
 * @throws GptError `usage` where there is no text, and for bytes that are not UTF-8
 */
export async function readInput(
  given: string | undefined,
  example: string,
  signal?: AbortSignal,
): Promise<string> {
  if (given !== undefined) return given;
  if (isConnected(0)) return readText(signal ? addAbortSignal(signal, process.stdin) : process.stdin);
  throw new GptError("usage", `no text is given: try ${example}, or pipe it in; --help shows more`);
}

/** Whether a descriptor is a pipe, a file or a socket. */
export function isConnected(descriptor: number): boolean {
  try {
    const status = fstatSync(descriptor);
    return status.isFIFO() || status.isFile() || status.isSocket();
  } catch {
    return false;
  }
}

/** Collects a stream and decodes it once, so that no character is split between two chunks. */
export async function readText(stream: Readable): Promise<string> {
  const bytes = await collect(stream);
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const encoded = Buffer.from(text);
  if (!encoded.equals(bytes)) {
    const offset = bytes.findIndex((byte, index) => byte !== encoded[index]);
    const found = `byte ${offset} is 0x${bytes.toString("hex", offset, offset + 1)}`;
    throw new GptError("usage", `standard input is not UTF-8: ${found}; convert it, as with iconv`);
  }
  return text.replace(/^\ufeff/, "").replace(/\r?\n$/, "");
}

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > constants.MAX_STRING_LENGTH) {
      throw new GptError("resource", `standard input is longer than ${constants.MAX_STRING_LENGTH} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

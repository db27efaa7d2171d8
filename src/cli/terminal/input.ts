/** Reads text that is not an argument: a file, or standard input if it is connected. */
import { constants } from "node:buffer";
import { once } from "node:events";
import { createReadStream, fstatSync, type Stats, statSync } from "node:fs";
import { addAbortSignal, type Readable } from "node:stream";
import { GptError } from "../../errors.ts";
import { fileError } from "../../files/file.ts";
import { decodeText } from "../../files/utf8.ts";
import { isAnimated, startSpinner } from "./spinner.ts";

const STANDARD_INPUT = "standard input";
/** Milliseconds without input after which a note says that the program waits. */
const PATIENCE = 1000;
const WAITING = "waiting for standard input (--no-stdin if none is meant)";
const TYPING = "reading what is typed here; Ctrl-D ends it";

/** Flags that say where the text is. */
export interface Source {
  /** A path, or `-` for standard input whatever it is. */
  readonly file?: string | undefined;
  /** Standard input is not read. */
  readonly noStdin?: boolean | undefined;
  /** A file keeps its byte-order mark and the line feed at its end. Standard input never does. */
  readonly wholeFile?: boolean | undefined;
  /** No note says that the program waits. */
  readonly quiet?: boolean | undefined;
}

/**
 * The text of the command line, or else of `readSource`.
 *
 * @param example a command line with a text
 * @throws GptError `usage` for no text or two texts, and as `readSource`
 */
export async function readInput(
  given: string | undefined,
  example: string,
  source: Source = {},
  signal?: AbortSignal,
): Promise<string> {
  if (given === undefined) return (await readSource(source, signal)) ?? noText(example);
  if (source.file === undefined) return given;
  throw new GptError("usage", "give a text or --file, not both");
}

/** @throws GptError `usage`: it says which command gives a text */
export function noText(example: string): never {
  throw new GptError("usage", `no text is given: try ${example}, or pipe it in; --help shows more`);
}

/**
 * All of a file or of standard input, less one line feed at its end; undefined without either. A terminal,
 * /dev/null and a closed descriptor are read only on request: the program would wait for text that never
 * comes.
 *
 * @throws GptError `not-found` for a file that cannot be read, `invalid-file` for bytes that are not UTF-8
 */
export async function readSource(source: Source, signal?: AbortSignal): Promise<string | undefined> {
  const { file, noStdin, wholeFile, quiet } = source;
  if (file !== undefined && file !== "-") return readFile(file, signal, wholeFile);
  if (file === undefined && (noStdin || !isConnected(0))) return undefined;
  const stream = abortable(process.stdin, signal);
  await arrival(stream, quiet);
  return readText(stream, STANDARD_INPUT);
}

/** `stat` of the file that `readSource` reads; undefined if it reads none. */
export function sourceStats({ file, noStdin }: Source): Stats | undefined {
  try {
    if (file !== undefined && file !== "-") return statSync(file);
    return !noStdin && isConnected(0) ? fstatSync(0) : undefined;
  } catch {
    return undefined;
  }
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

/** A file of any kind: `<(command)` is a pipe. */
async function readFile(path: string, signal: AbortSignal | undefined, whole = false): Promise<string> {
  try {
    const stream = abortable(createReadStream(path), signal);
    return whole ? decodeText(await collect(stream, path), path) : await readText(stream, path);
  } catch (error) {
    throw fileError(path, "read", error);
  }
}

const abortable = <S extends Readable>(stream: S, signal: AbortSignal | undefined): S =>
  signal ? addAbortSignal(signal, stream) : stream;

/**
 * Resolves when a stream is readable or has ended. A note goes to a terminal at once, elsewhere after a while
 * without input. Rejects if the stream fails or the signal is aborted.
 */
export async function arrival(
  stream: Readable & { readonly isTTY?: boolean },
  quiet = false,
  signal?: AbortSignal,
): Promise<void> {
  if (stream.isTTY && !quiet) process.stderr.write(`${TYPING}\n`);
  using _ = stream.isTTY || quiet ? undefined : noticeSilence();
  await once(stream, "readable", signal ? { signal } : {});
}

/** Notes after a while that no input has come. Disposal removes the note. */
function noticeSilence(): Disposable {
  let spinner: Disposable | undefined;
  const timer = setTimeout(() => {
    if (!isAnimated()) process.stderr.write(`${WAITING}\n`);
    spinner = startSpinner(WAITING);
  }, PATIENCE);
  return {
    [Symbol.dispose]() {
      clearTimeout(timer);
      spinner?.[Symbol.dispose]();
    },
  };
}

/**
 * Collects a stream and decodes it once, so that no character is split between two chunks. A byte-order mark
 * at its start and one line feed at its end are left out.
 *
 * @param name of the stream in errors
 * @throws GptError `invalid-file` for bytes that are not UTF-8, `resource` for more than a string holds
 */
export async function readText(stream: Readable, name: string): Promise<string> {
  const text = decodeText(await collect(stream, name), name);
  return text.replace(/^\ufeff/, "").replace(/\r?\n$/, "");
}

export async function collect(stream: AsyncIterable<Buffer>, name: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > constants.MAX_STRING_LENGTH) {
      throw new GptError("resource", `${name}: is longer than ${constants.MAX_STRING_LENGTH} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

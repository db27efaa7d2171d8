/** Reads little-endian values and strings of a file from front to back through one buffer. */
import { GptError } from "../errors.ts";
import type { InputFile } from "../files/file.ts";

const BUFFER_BYTES = 2 ** 20;

/**
 * `has(n)` tells whether the next n bytes are in the buffer, `load(n)` reads them into it, and the getters
 * take them without a wait. A loop over a large array so waits once in many thousand elements.
 */
export class ByteSource {
  readonly #file: InputFile;
  readonly #end: number;
  #bytes = Buffer.alloc(0);
  #view = new DataView(this.#bytes.buffer);
  /** Offset in the file of the first byte in the buffer. */
  #start = 0;
  #at = 0;

  /** @param limit of the bytes that are read */
  constructor(file: InputFile, limit: number) {
    this.#file = file;
    this.#end = Math.min(file.size, limit);
  }

  /** Offset in the file of the next byte. */
  get position(): number {
    return this.#start + this.#at;
  }

  /** Bytes from here to the end of the file or to the limit. */
  get remaining(): number {
    return this.#end - this.position;
  }

  has(bytes: number): boolean {
    return this.#at + bytes <= this.#bytes.length;
  }

  /**
   * @throws GptError `invalid-file` if fewer bytes remain.
   * @param what the name of the bytes in that error
   */
  async load(bytes: number, what: string): Promise<void> {
    if (this.has(bytes)) return;
    if (bytes > this.remaining) {
      const end =
        this.#end < this.#file.size ? `${what} goes beyond the first` : `ends within ${what}, after`;
      const problem = `${end} ${this.#end} bytes: it is damaged or cut short, fetch it again`;
      throw new GptError("invalid-file", `${this.#file.path}: ${problem}`);
    }
    const position = this.position;
    this.#bytes = Buffer.alloc(Math.min(Math.max(bytes, BUFFER_BYTES), this.remaining));
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    this.#start = position;
    this.#at = 0;
    await this.#file.read(position, this.#bytes, what);
  }

  /** Reads a loaded value and stays in place. */
  peek<T>(get: (view: DataView, at: number) => T): T {
    return get(this.#view, this.#at);
  }

  /** Takes `bytes` loaded bytes. @param get reads the value from a view at an offset */
  take<T>(bytes: number, get: (view: DataView, at: number) => T): T {
    const value = this.peek(get);
    this.#at += bytes;
    return value;
  }

  /** Takes loaded bytes as UTF-8. */
  text(bytes: number): string {
    const text = this.#bytes.toString("utf8", this.#at, this.#at + bytes);
    this.#at += bytes;
    return text;
  }
}

/**
 * The rewriting rules that a SentencePiece model brings along (`precompiled_charsmap`): byte sequences and
 * what replaces them, in a double-array trie (Aoe 1989) as Darts stores it.
 *
 *     u32 size of the trie in bytes · trie: u32 units · replacements, each with a NUL at its end
 *
 * A unit has a label (the byte that leads to it), the offset of its children, and whether it has a value: the
 * place of a replacement.
 */

import { invalidFile } from "../../files/invalid-file.ts";
import { MAX_CONTENT } from "../rewrite.ts";

const LABEL = 0x8000_00ff;
const VALUE = 0x7fff_ffff;
const hasValue = (unit: number): boolean => ((unit >>> 8) & 1) === 1;
const offset = (unit: number): number => (unit >>> 10) << ((unit & 0x200) >>> 6);

/** A rule that applies at a place. */
export interface Rule {
  /** The bytes that it replaces. */
  readonly length: number;
  readonly replacement: string;
}

export class CharsMap {
  readonly #units: Uint32Array;
  readonly #replacements: Uint8Array;
  readonly #known = new Map<number, string>();

  /** @throws GptError `invalid-file` for sizes that do not fit, and for replacements that are too long */
  constructor(bytes: Uint8Array, file: string, field: string) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const size = bytes.length < 4 ? 0 : view.getUint32(0, true);
    if (size === 0 || size % 4 !== 0 || size > bytes.length - 4) {
      throw invalidFile(file, `${field} is damaged: its trie has ${size} of ${bytes.length} bytes`);
    }
    this.#units = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
    this.#replacements = bytes.subarray(4 + size);
    let longest = 0;
    for (let start = 0, end = 0; start < this.#replacements.length; start = end + 1) {
      end = this.#endOf(start);
      longest = Math.max(longest, end - start);
    }
    if (longest > MAX_CONTENT) {
      throw invalidFile(
        file,
        `${field} has a replacement of ${longest} bytes, at most ${MAX_CONTENT} are allowed`,
      );
    }
  }

  /**
   * The rule that applies to the bytes from a place on.
   * @param which of several: SentencePiece takes the longest, Hugging Face's tokenizers the shortest
   */
  find(bytes: Uint8Array, start: number, end: number, which: "longest" | "shortest"): Rule | undefined {
    const units = this.#units;
    let node = offset(units[0] as number);
    let found: Rule | undefined;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      node ^= byte;
      const unit = byte === 0 ? undefined : units[node];
      if (unit === undefined || (unit & LABEL) >>> 0 !== byte) break;
      node ^= offset(unit);
      const value = units[node];
      if (!hasValue(unit) || value === undefined) continue;
      found = { length: at + 1 - start, replacement: this.#replacement(value & VALUE) };
      if (which === "shortest") break;
    }
    return found;
  }

  #replacement(start: number): string {
    const known = this.#known.get(start);
    if (known !== undefined) return known;
    const replacement = Buffer.from(this.#replacements.subarray(start, this.#endOf(start))).toString();
    this.#known.set(start, replacement);
    return replacement;
  }

  #endOf(start: number): number {
    const end = this.#replacements.indexOf(0, start);
    return end === -1 ? this.#replacements.length : end;
  }
}

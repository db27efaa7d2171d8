/**
 * Unpacks bzip2 files, which data sets are packed in (Seward 1996). Blocks of a stream are independent: a
 * table of Huffman codes for each 50 symbols, moves to front, runs of zeros, the inverse of Burrows and
 * Wheeler's transform, runs of bytes.
 */
import { GptError } from "../errors.ts";

const BLOCK = 0x314159265359n;
const END = 0x177245385090n;
const GROUP = 50;
const LONGEST_CODE = 20;

/**
 * @param most bytes of the content
 * @throws GptError `invalid-file` for a file that is none or is damaged, `resource` for more than `most`
 *   bytes
 */
export function unpackBzip2(bytes: Uint8Array, path: string, most = 2 ** 30): Uint8Array {
  const bits = new Bits(bytes, path);
  const blocks: Uint8Array[] = [];
  let size = 0;
  while (bits.left >= 32) {
    if (bits.take(24) !== 0x425a68) throw bits.fault(); // BZh
    const level = bits.take(8) - 0x30;
    if (level < 1 || level > 9) throw bits.fault();
    for (;;) {
      const mark = (BigInt(bits.take(24)) << 24n) | BigInt(bits.take(24));
      bits.take(16);
      bits.take(16); // the checksum
      if (mark === END) break;
      if (mark !== BLOCK) throw bits.fault();
      const block = runsOf(blockOf(bits, level * 100_000), bits);
      size += block.length;
      if (size > most) throw new GptError("resource", `${path}: has more than ${most} bytes`);
      blocks.push(block);
    }
    bits.align();
  }
  return Buffer.concat(blocks);
}

class Bits {
  readonly #bytes: Uint8Array;
  readonly #path: string;
  #place = 0;

  constructor(bytes: Uint8Array, path: string) {
    this.#bytes = bytes;
    this.#path = path;
  }

  get left(): number {
    return this.#bytes.length * 8 - this.#place;
  }

  /** @param count at most 24 */
  take(count: number): number {
    if (count > this.left) throw this.fault();
    let value = 0;
    for (let need = count; need > 0; ) {
      const inByte = this.#place & 7;
      const part = Math.min(need, 8 - inByte);
      const byte = this.#bytes[this.#place >> 3] as number;
      value = (value << part) | ((byte >> (8 - inByte - part)) & ((1 << part) - 1));
      this.#place += part;
      need -= part;
    }
    return value;
  }

  align(): void {
    this.#place = (this.#place + 7) & ~7;
  }

  fault(): GptError {
    return new GptError("invalid-file", `${this.#path}: is no bzip2 file, or is damaged: fetch it again`);
  }
}

/** The bytes of a block, with their runs still shortened. */
function blockOf(bits: Bits, most: number): Uint8Array {
  if (bits.take(1) === 1) throw bits.fault(); // randomized: not written since 1999
  const origin = bits.take(24);
  const used = bytesInUse(bits);
  const symbols = symbolsOf(bits, used.length + 2);
  const last = new Uint8Array(most);
  let [count, run, weight] = [0, 0, 1];
  const endRun = () => {
    if (count + run > most) throw bits.fault();
    last.fill(used[0] as number, count, count + run);
    count += run;
    [run, weight] = [0, 1];
  };
  for (;;) {
    const symbol = symbols();
    if (symbol < 2) {
      run += weight << symbol;
      weight <<= 1;
      if (run > most) throw bits.fault();
      continue;
    }
    if (run > 0) endRun();
    if (symbol === used.length + 1) break;
    const [byte = 0] = used.splice(symbol - 1, 1);
    used.unshift(byte);
    if (count === most) throw bits.fault();
    last[count++] = byte;
  }
  if (origin >= count) throw bits.fault();
  return untransformed(last.subarray(0, count), origin);
}

function bytesInUse(bits: Bits): number[] {
  const ranges = bits.take(16);
  const used: number[] = [];
  for (let range = 0; range < 16; range++) {
    if (((ranges >> (15 - range)) & 1) === 0) continue;
    const present = bits.take(16);
    for (let i = 0; i < 16; i++) if ((present >> (15 - i)) & 1) used.push(16 * range + i);
  }
  if (used.length === 0) throw bits.fault();
  return used;
}

/** Reads symbols, each group with a table of its own. */
function symbolsOf(bits: Bits, alphabet: number): () => number {
  const tables = bits.take(3);
  const groups = bits.take(15);
  if (tables < 2 || tables > 6 || groups === 0) throw bits.fault();
  const order = Array.from({ length: tables }, (_, i) => i);
  const selectors = Array.from({ length: groups }, () => {
    let place = 0;
    while (bits.take(1) === 1) if (++place >= tables) throw bits.fault();
    const [table = 0] = order.splice(place, 1);
    order.unshift(table);
    return table;
  });
  const codes = Array.from({ length: tables }, () => codesOf(bits, alphabet));
  let read = 0;
  return () => {
    const codeOf = codes[selectors[Math.floor(read++ / GROUP)] ?? tables];
    if (codeOf === undefined) throw bits.fault();
    return codeOf();
  };
}

/** A canonical Huffman code, from the lengths of its words. */
function codesOf(bits: Bits, alphabet: number): () => number {
  let length = bits.take(5);
  const lengths = Array.from({ length: alphabet }, () => {
    while (bits.take(1) === 1) length += bits.take(1) === 0 ? 1 : -1;
    if (length < 1 || length > LONGEST_CODE) throw bits.fault();
    return length;
  });
  const counts = new Array<number>(LONGEST_CODE + 1).fill(0);
  for (const each of lengths) counts[each] = (counts[each] as number) + 1;
  const sorted = lengths.map((_, symbol) => symbol);
  sorted.sort((a, b) => (lengths[a] as number) - (lengths[b] as number) || a - b);
  return () => {
    let [code, first, before] = [0, 0, 0];
    for (let size = 1; size <= LONGEST_CODE; size++) {
      code = (code << 1) | bits.take(1);
      const count = counts[size] as number;
      if (code - first < count) return sorted[before + code - first] as number;
      first = (first + count) << 1;
      before += count;
    }
    throw bits.fault();
  };
}

/** The inverse of Burrows and Wheeler's transform. @param origin the row of the text itself */
function untransformed(last: Uint8Array, origin: number): Uint8Array {
  const starts = new Uint32Array(257);
  for (const byte of last) starts[byte + 1] = (starts[byte + 1] as number) + 1;
  for (let i = 1; i < 257; i++) starts[i] = (starts[i] as number) + (starts[i - 1] as number);
  const next = new Uint32Array(last.length);
  for (let i = 0; i < last.length; i++) {
    const byte = last[i] as number;
    next[starts[byte] as number] = i;
    starts[byte] = (starts[byte] as number) + 1;
  }
  const text = new Uint8Array(last.length);
  let row = next[origin] as number;
  for (let i = 0; i < text.length; i++) {
    text[i] = last[row] as number;
    row = next[row] as number;
  }
  return text;
}

/** Four equal bytes are followed by the number of further ones. */
function runsOf(bytes: Uint8Array, bits: Bits): Uint8Array {
  const parts: Uint8Array[] = [];
  let [begin, same] = [0, 0];
  for (let i = 0; i < bytes.length; i++) {
    same = i > 0 && same > 0 && bytes[i] === bytes[i - 1] ? same + 1 : 1;
    if (same < 4) continue;
    if (i + 1 >= bytes.length) throw bits.fault();
    parts.push(bytes.subarray(begin, i + 1), new Uint8Array(bytes[i + 1] as number).fill(bytes[i] as number));
    begin = i + 2;
    i++;
    same = 0;
  }
  parts.push(bytes.subarray(begin));
  return Buffer.concat(parts);
}

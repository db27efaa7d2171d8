/**
 * The random numbers of sampling: Philox4x32-10, the counter-based generator of Salmon et al. 2011, "Parallel
 * Random Numbers: As Easy as 1, 2, 3" (also cuRAND's, PyTorch's and TensorFlow's). A number is a function of
 * its seed and its place in the sequence. It is computed in 32-bit integers, so it is the same on every
 * machine.
 */

/** Four unsigned 32-bit integers. */
export type Block = readonly [number, number, number, number];

/** The block at `counter` of the sequence named by `key`. All integers are unsigned, of 32 bits. */
export function philox4x32(counter: Block, key: readonly [number, number]): Block {
  let [a, b, c, d] = counter;
  let [k, l] = key;
  for (let round = 0; round < 10; round++) {
    const highA = multiplyHigh(0xd2511f53, a);
    const highC = multiplyHigh(0xcd9e8d57, c);
    const lowA = Math.imul(0xd2511f53, a);
    const lowC = Math.imul(0xcd9e8d57, c);
    [a, b, c, d] = [(highC ^ b ^ k) >>> 0, lowC >>> 0, (highA ^ d ^ l) >>> 0, lowA >>> 0];
    k = (k + 0x9e3779b9) >>> 0;
    l = (l + 0xbb67ae85) >>> 0;
  }
  return [a, b, c, d];
}

/**
 * The upper half of the 64-bit product of two unsigned 32-bit integers, from products of their 16-bit halves.
 */
function multiplyHigh(x: number, y: number): number {
  const xHigh = x >>> 16;
  const yHigh = y >>> 16;
  const xLow = x & 0xffff;
  const yLow = y & 0xffff;
  const middle = xHigh * yLow + ((xLow * yLow) >>> 16);
  const carried = xLow * yHigh + (middle & 0xffff);
  return xHigh * yHigh + (middle >>> 16) + (carried >>> 16);
}

/**
 * A sequence of one seed: number `i` is word `i % 4` of the block with counter `[floor(i / 4), 0, 0, 0]` and
 * key `[seed, stream]`.
 */
export class Random {
  readonly #key: readonly [number, number];
  #block: Block = [0, 0, 0, 0];
  #drawn = 0;

  /**
   * @param seed unsigned 32-bit integer
   * @param stream unsigned 32-bit integer; each seed has a sequence for each stream
   */
  constructor(seed: number, stream = 0) {
    this.#key = [seed, stream];
  }

  /** An unsigned 32-bit integer. */
  next(): number {
    const word = this.#drawn % 4;
    if (word === 0) this.#block = philox4x32([this.#drawn / 4, 0, 0, 0], this.#key);
    this.#drawn++;
    return this.#block[word] as number;
  }

  /** A multiple of 2^-53 in [0, 1), made of two integers. */
  uniform(): number {
    const high = this.next() >>> 5;
    const low = this.next() >>> 6;
    return (high * 0x4000000 + low) / 0x20000000000000;
  }
}

/** A seed that cannot be foreseen: an unsigned 32-bit integer. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] as number;
}

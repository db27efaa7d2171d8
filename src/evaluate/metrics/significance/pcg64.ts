/**
 * The random numbers of numpy's default_rng(seed): PCG64 (O'Neill 2014, "PCG: A Family of Simple Fast
 * Space-Efficient Statistically Good Algorithms for Random Number Generation") with numpy's seeding. With
 * them resampling gives sacreBLEU's own means, intervals and p-values.
 */

const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;
const WORD = 2 ** 32;

export class Pcg64 {
  #state: bigint;
  readonly #increment: bigint;
  /** The upper half of the last number, not yet taken. */
  #half: number | undefined;
  #bits = 0;
  #bitsLeft = 0;

  /** @param seed unsigned 32-bit integer */
  constructor(seed: number) {
    const [a, b, c, d] = seeded(seed);
    this.#increment = BigInt.asUintN(128, (((c << 64n) | d) << 1n) | 1n);
    this.#state = BigInt.asUintN(128, this.#increment + ((a << 64n) | b));
    this.#step();
  }

  #step(): void {
    this.#state = BigInt.asUintN(128, this.#state * MULTIPLIER + this.#increment);
  }

  /** An unsigned 32-bit integer: the lower half of a number of 64 bits, then the upper one. */
  next(): number {
    if (this.#half !== undefined) {
      const half = this.#half;
      this.#half = undefined;
      return half;
    }
    this.#step();
    const folded = (this.#state >> 64n) ^ BigInt.asUintN(64, this.#state);
    const turns = this.#state >> 122n;
    const turned = BigInt.asUintN(64, (folded >> turns) | (folded << (64n - turns)));
    this.#half = Number(turned >> 32n);
    return Number(BigInt.asUintN(32, turned));
  }

  /**
   * As `integers(0, below)`: a whole number below a limit, without bias (Lemire 2019, "Fast Random Integer
   * Generation in an Interval").
   *
   * @param below at most 2^21: the product fits a double
   */
  below(below: number): number {
    if (below <= 1) return 0;
    let product = this.next() * below;
    if (product % WORD < below) {
      const threshold = (WORD - below) % below;
      while (product % WORD < threshold) product = this.next() * below;
    }
    return Math.floor(product / WORD);
  }

  /** As one value of `integers(2, dtype=bool)`: bits of a number of 32, from the lowest. */
  bit(): boolean {
    if (this.#bitsLeft === 0) {
      this.#bits = this.next();
      this.#bitsLeft = 32;
    }
    const bit = this.#bits & 1;
    this.#bits >>>= 1;
    this.#bitsLeft--;
    return bit === 1;
  }
}

/** The four 64-bit words that numpy's SeedSequence makes of a seed. */
function seeded(seed: number): [bigint, bigint, bigint, bigint] {
  const pool = mixedPool(seed);
  let constant = 0x8b51f9dd;
  const words = Array.from({ length: 8 }, (_, i) => {
    const value = (pool[i % 4] as number) ^ constant;
    constant = Math.imul(constant, 0x58f38ded);
    return folded(Math.imul(value, constant));
  });
  const wide = (i: number) => (BigInt(words[2 * i + 1] as number) << 32n) | BigInt(words[2 * i] as number);
  return [wide(0), wide(1), wide(2), wide(3)];
}

function mixedPool(seed: number): number[] {
  let constant = 0x43b0d7e5;
  const hash = (given: number): number => {
    const value = given ^ constant;
    constant = Math.imul(constant, 0x931e8875);
    return folded(Math.imul(value, constant));
  };
  const mix = (x: number, y: number) => folded(Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y));
  const pool = [seed, 0, 0, 0].map(hash);
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) {
      if (from !== to) pool[to] = mix(pool[to] as number, hash(pool[from] as number));
    }
  }
  return pool;
}

/** An unsigned 32-bit integer whose upper half is in its lower one too. */
const folded = (value: number): number => (value ^ (value >>> 16)) >>> 0;

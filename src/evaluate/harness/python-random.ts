/**
 * Python's `random.Random(seed)`: the Mersenne Twister MT19937 (Matsumoto and Nishimura 1998), so that the
 * same shots are drawn as by lm-evaluation-harness.
 */

const SIZE = 624;
const MIDDLE = 397;

export class PythonRandom {
  readonly #state: Uint32Array;
  #place = SIZE;

  /** @param seed a whole number from 0 to 4294967295 */
  constructor(seed: number) {
    this.#state = seeded(seed);
  }

  /** 32 bits. */
  next(): number {
    if (this.#place === SIZE) this.#twist();
    let y = this.#state[this.#place++] as number;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** From 0, below 1, with 53 bits. */
  random(): number {
    const [a, b] = [this.next() >>> 5, this.next() >>> 6];
    return (a * 2 ** 26 + b) / 2 ** 53;
  }

  /** A whole number from 0, below n, which is at most 2^31. */
  below(n: number): number {
    const bits = 32 - Math.clz32(n);
    for (;;) {
      const value = this.next() >>> (32 - bits);
      if (value < n) return value;
    }
  }

  /** `count` different numbers from 0, below n. */
  sample(n: number, count: number): number[] {
    const chosen: number[] = [];
    const setSize = count > 5 ? 21 + 4 ** Math.ceil(Math.log(count * 3) / Math.log(4)) : 21;
    if (n <= setSize) {
      const pool = Array.from({ length: n }, (_, i) => i);
      for (let i = 0; i < count; i++) {
        const place = this.below(n - i);
        chosen.push(pool[place] as number);
        pool[place] = pool[n - i - 1] as number;
      }
      return chosen;
    }
    const taken = new Set<number>();
    while (chosen.length < count) {
      const value = this.below(n);
      if (taken.has(value)) continue;
      taken.add(value);
      chosen.push(value);
    }
    return chosen;
  }

  #twist(): void {
    const s = this.#state;
    for (let i = 0; i < SIZE; i++) {
      const y = ((s[i] as number) & 0x80000000) | ((s[(i + 1) % SIZE] as number) & 0x7fffffff);
      const bit = y & 1 ? 0x9908b0df : 0;
      s[i] = (s[(i + MIDDLE) % SIZE] as number) ^ (y >>> 1) ^ bit;
    }
    this.#place = 0;
  }
}

/** init_by_array([seed]). */
function seeded(seed: number): Uint32Array {
  const s = new Uint32Array(SIZE);
  s[0] = 19650218;
  const mixed = (i: number, factor: number) => {
    const before = s[i - 1] as number;
    return Math.imul(before ^ (before >>> 30), factor);
  };
  for (let i = 1; i < SIZE; i++) s[i] = mixed(i, 1812433253) + i;
  let i = 1;
  const step = () => {
    if (++i < SIZE) return;
    s[0] = s[SIZE - 1] as number;
    i = 1;
  };
  for (let k = 0; k < SIZE; k++) {
    s[i] = ((s[i] as number) ^ mixed(i, 1664525)) + seed;
    step();
  }
  for (let k = 0; k < SIZE - 1; k++) {
    s[i] = ((s[i] as number) ^ mixed(i, 1566083941)) - i;
    step();
  }
  s[0] = 0x80000000;
  return s;
}

/**
 * Order of the training windows: each once an epoch, at random, as a function of the seed and of the window's
 * number. So a resumed run needs that number alone.
 */

import { type Block, philox4x32 } from "../generate/sampling/random.ts";

/** Windows of `context` tokens, each with the token after it, in a sequence of tokens. */
export interface WindowLayout {
  readonly context: number;
  /** Windows of an epoch. */
  readonly count: number;
  /** Number of places, from 0 on, at which the first window may start. */
  readonly phases: number;
}

/** @param tokens more than `context` */
export function windowLayout(tokens: number, context: number): WindowLayout {
  const count = Math.max(1, Math.floor((tokens - context) / context));
  return { context, count, phases: tokens - count * context };
}

/**
 * Start of a window. An epoch cuts the tokens into consecutive windows, which begin near the first token, and
 * visits them in an order of its own. Over many epochs every token is in a window.
 *
 * @param number of the window, counted from the start of the run
 * @param seed unsigned 32-bit integer
 */
export function windowStart({ context, count, phases }: WindowLayout, seed: number, number: number): number {
  const epoch = Math.floor(number / count);
  const key = [seed, epoch] as const;
  const [phase] = philox4x32(PHASE, key);
  return (phase % phases) + context * shuffled(number % count, count, key);
}

/** Counter that no round of the shuffle uses. */
const PHASE: Block = [0, 0, 1, 0];
const ROUNDS = 6;

/**
 * A permutation of the integers below `count` that takes no memory: a Feistel network (Luby and Rackoff 1988)
 * on the next power of four, whose round function is Philox, repeated until the result is below `count` again
 * (Black and Rogaway 2002).
 */
export function shuffled(index: number, count: number, key: readonly [number, number]): number {
  const half = 2 ** Math.ceil(Math.log2(Math.max(2, count)) / 2);
  let place = index;
  do {
    let left = Math.floor(place / half);
    let right = place % half;
    for (let round = 0; round < ROUNDS; round++) {
      const [random] = philox4x32([right, round, 0, 0], key);
      [left, right] = [right, (left + random) % half];
    }
    place = left * half + right;
  } while (place >= count);
  return place;
}

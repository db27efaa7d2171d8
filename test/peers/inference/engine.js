/** What the benchmark asks of an engine. One module per engine in engines/; contenders.js lists them. */

/**
 * @typedef {object} LoadOptions
 * @property {number} threads
 * @property {import("../checkpoint/gpt2.js").WeightType} type  of the weights
 * @property {"plain" | "relaxed" | undefined} simd  the build of our own kernels
 *
 * @typedef {object} Engine
 * @property {(checkpoint: string, options: LoadOptions) => Promise<LoadedModel>} load  throws Unavailable where it
 *   cannot run here
 *
 * @typedef {object} LoadedModel
 * @property {string} version
 * @property {boolean} [outside]  it runs in other processes: their memory and processor time are not seen
 * @property {(steps: number) => Sequence} start  an empty sequence: a prompt, then at most so many single ids
 * @property {() => Promise<void>} close
 *
 * @typedef {object} Sequence
 * @property {(ids: readonly number[]) => Promise<number>} append  the most probable id after the last one
 * @property {((ids: readonly number[]) => Promise<Float32Array>)} [logits]  the same with all logits, but for a
 *   constant, for tests
 * @property {() => Promise<void>} close
 */

/**
 * A sequence of an engine that returns logits.
 *
 * @param {(ids: readonly number[]) => Promise<Float32Array>} logits
 * @param {() => Promise<void>} close
 * @returns {Sequence}
 */
export const greedySequence = (logits, close) => ({
  logits,
  append: async (ids) => argmax(await logits(ids)),
  close,
});

/** @param {Float32Array} logits */
function argmax(logits) {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id] > logits[best]) best = id;
  return best;
}

/** What the benchmark asks of an engine. One module per engine beside this file; contenders.js lists them. */

/**
 * @typedef {object} LoadOptions
 * @property {number} threads
 * @property {string | undefined} simd  the build of our own kernels
 *
 * @typedef {object} Engine
 * @property {(checkpoint: string, options: LoadOptions) => Promise<LoadedModel>} load  throws Unavailable where it
 *   cannot run here
 *
 * @typedef {object} LoadedModel
 * @property {string} version
 * @property {() => Sequence} start  an empty sequence
 * @property {() => Promise<void>} close
 *
 * @typedef {object} Sequence
 * @property {(ids: readonly number[]) => Promise<Float32Array>} append  the logits after the last id
 */

/** An engine that cannot run here: it is named in the results and left out of them. */
export class Unavailable extends Error {
  /** @override */
  name = "Unavailable";
}

/**
 * Imports a package that may not be installed.
 *
 * @template T
 * @param {() => Promise<T>} load
 * @returns {Promise<T>}
 */
export async function importPackage(load) {
  try {
    return await load();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ERR_MODULE_NOT_FOUND") throw new Unavailable("not installed: npm ci in test/peers");
    throw error;
  }
}

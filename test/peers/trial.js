/** The inside of a trial: a process that measures one contender once and prints what it found as a line of JSON. */

/** A contender that cannot run here: it is named in the results and left out of them. */
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

/**
 * @template {{ name: string }} T
 * @param {readonly T[]} contenders
 * @param {string} name
 * @returns {T}
 */
export function named(contenders, name) {
  const found = contenders.find((one) => one.name === name);
  if (found === undefined) throw new RangeError(`no contender "${name}"`);
  return found;
}

/**
 * Prints the measurement, or { unavailable }, and ends the process: some engines keep threads that would keep it alive.
 *
 * @param {() => Promise<object>} measure
 */
export async function answer(measure) {
  const result = await measure().catch((error) => {
    if (error instanceof Unavailable) return { unavailable: error.message };
    throw error;
  });
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());
}

/** @param {() => Promise<void>} work @returns {Promise<number>} seconds */
export async function seconds(work) {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

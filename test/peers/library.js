/** This project, as it was built in the root. */
import { existsSync, readFileSync } from "node:fs";
import { Unavailable } from "./trial.js";

const root = new URL("../../", import.meta.url);
const modules = new URL("dist/", root);
const library = new URL("bundle/index.js", modules);

/** @type {string} */
export const version = JSON.parse(readFileSync(new URL("package.json", root), "utf8")).version;

/** @returns {Promise<typeof import("../../dist/index.js")>} */
export async function importLibrary() {
  if (!existsSync(library)) throw new Unavailable("not built: npm run build in the root");
  return await import(library.href);
}

/** A module as it is, not as the library bundles it. @param {string} path within dist */
export const importInternal = (path) => import(new URL(path, modules).href);

/**
 * What is refused is not available here, such as the relaxed build under a Node that has no relaxed SIMD.
 *
 * @template T
 * @param {Promise<T>} loading
 * @returns {Promise<T>}
 */
export const orUnavailable = (loading) =>
  loading.catch((/** @type {Error} */ error) => {
    throw error.name === "GptError" ? new Unavailable(error.message) : error;
  });

/** A session of ONNX Runtime, in WebAssembly or as a native add-on, for a graph whose weights lie beside it. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { weightsFile } from "./checkpoint/generate.js";
import { importPackage, Unavailable } from "./trial.js";

/**
 * @typedef {import("onnxruntime-common").InferenceSession.SessionOptions} SessionOptions
 *
 * @typedef {object} OnnxSession
 * @property {typeof import("onnxruntime-common")} runtime
 * @property {import("onnxruntime-common").InferenceSession} session
 * @property {string} version
 *
 * @callback OpenOnnx
 * @param {string} file
 * @param {number} threads
 * @param {SessionOptions} [options]  besides threads and provider
 * @returns {Promise<OnnxSession>}
 */

/** The package's Node entry, its `wasm` execution provider: the WASM backend of transformers.js. @type {OpenOnnx} */
export async function openWeb(file, threads, options = {}) {
  const runtime = await importPackage(() => import("onnxruntime-web"));
  runtime.env.wasm.numThreads = threads;
  const session = await runtime.InferenceSession.create(await readFile(present(file)), {
    ...options,
    executionProviders: ["wasm"],
    externalData: [{ path: weightsFile, data: await readFile(join(dirname(file), weightsFile)) }],
  });
  return { runtime, session, version: runtime.env.versions.common };
}

/** Not WebAssembly, for the distance to it. @type {OpenOnnx} */
export async function openNative(file, threads, options = {}) {
  const { default: runtime } = await importPackage(() => import("onnxruntime-node"));
  const session = await runtime.InferenceSession.create(present(file), {
    ...options,
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
  });
  return { runtime, session, version: runtime.env.versions.common };
}

/** @param {string} file */
function present(file) {
  if (existsSync(file)) return file;
  throw new Unavailable(`the checkpoint has no ${basename(file)}: it is written with the weights`);
}

/** A checkpoint of random weights, with ONNX graphs whose weights are those of its model.safetensors. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { weightsFile } from "./generate.js";
import { normalNumbers } from "./normal.js";
import { readPlaces, writeSafetensors } from "./safetensors.js";

/**
 * @typedef {object} RandomModel
 * @property {Record<string, unknown>} config  the content of config.json
 * @property {import("./gpt2.js").TensorSpec[]} tensors
 * @property {(name: string) => number} deviation  of a tensor's numbers
 * @property {Record<string, string>} files  further files with their texts
 * @property {Record<string, (weightsFile: string, places: ReadonlyMap<string, import("./onnx.js").Place>) => Buffer>} graphs
 */

/** @param {string} name @returns {string} its folder beside the other checkpoints */
export const checkpointFolder = (name) => fileURLToPath(new URL(`../checkpoints/${name}`, import.meta.url));

/**
 * Writes what is missing. Every number is normal(0, deviation), the gains of the norms normal(1, deviation). config.json
 * follows the weights: where it is, they are whole.
 *
 * @param {string} directory  made if it is not there
 * @param {RandomModel} model
 */
export function writeRandomModel(directory, { config, tensors, deviation, files, graphs }) {
  const configFile = join(directory, "config.json");
  const weights = join(directory, weightsFile);
  mkdirSync(directory, { recursive: true });
  if (!existsSync(configFile)) {
    const normal = normalNumbers(1);
    writeSafetensors(weights, tensors, (name, out) => normal(out, isGain(name) ? 1 : 0, deviation(name)));
    writeFileSync(configFile, `${JSON.stringify(config, null, 2)}\n`);
  }
  const places = readPlaces(weights);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    writeFileSync(join(directory, file), text);
  }
  for (const [file, graph] of Object.entries(graphs)) {
    writeFileSync(join(directory, file), graph(weightsFile, places));
  }
}

const isGain = (/** @type {string} */ name) => /(LayerNorm|layer_norm)\.weight$/.test(name);

/** A GPT-2 checkpoint of random weights: one file of weights, read by engines of different formats. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gpt2Config, gpt2Tensors } from "./gpt2.js";
import { normalNumbers } from "./normal.js";
import { gpt2Onnx } from "./onnx-gpt2.js";
import { exportedLayers } from "./onnx-gpt2-exported.js";
import { fusedLayers } from "./onnx-gpt2-fused.js";
import { readPlaces, writeSafetensors } from "./safetensors.js";

/** The file of weights in a checkpoint; its graphs point into it. */
export const weightsFile = "model.safetensors";

/** The ONNX graphs in a checkpoint: as exported, and as ONNX Runtime's transformer optimizer leaves it. */
export const graphFiles = { exported: "model.onnx", fused: "model-fused.onnx" };

const configFile = "config.json";
const deviation = 0.02;

/**
 * Writes config.json and model.safetensors (a Hugging Face directory) and the ONNX graphs. Every number is
 * normal(0, 0.02), the gains of the norms normal(1, 0.02). config.json follows the weights: where it is, they are
 * whole.
 *
 * @param {string} directory  made if it is not there
 * @param {import("./gpt2.js").Gpt2Shape} shape
 * @param {number} seed
 */
export function generateCheckpoint(directory, shape, seed) {
  const config = join(directory, configFile);
  mkdirSync(directory, { recursive: true });
  rmSync(config, { force: true });

  const normal = normalNumbers(seed);
  const isGain = (/** @type {string} */ name) => /ln_\w+\.weight$/.test(name);
  writeSafetensors(join(directory, weightsFile), gpt2Tensors(shape), (name, out) =>
    normal(out, isGain(name) ? 1 : 0, deviation),
  );
  writeFileSync(config, `${JSON.stringify(gpt2Config(shape), null, 2)}\n`);
  writeGraphs(directory);
}

/**
 * Writes the ONNX graphs of a checkpoint anew; its weights stay as they are.
 *
 * @param {string} directory  with config.json and model.safetensors
 */
export function writeGraphs(directory) {
  /** @type {import("./gpt2.js").Gpt2Shape} */
  const shape = JSON.parse(readFileSync(join(directory, configFile), "utf8"));
  const places = readPlaces(join(directory, weightsFile));
  const write = (/** @type {string} */ file, /** @type {import("./onnx-gpt2.js").Gpt2Layers} */ layers) =>
    writeFileSync(join(directory, file), gpt2Onnx(layers, shape, weightsFile, places));
  write(graphFiles.exported, exportedLayers);
  write(graphFiles.fused, fusedLayers);
}

/** Whether a directory holds a whole checkpoint; its graphs may be those of an earlier version. */
export const isCheckpoint = (/** @type {string} */ directory) => existsSync(join(directory, configFile));

/** A GPT-2 checkpoint of random weights: one file of weights, read by engines of different formats. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gpt2Config, gpt2Tensors } from "./gpt2.js";
import { normalNumbers } from "./normal.js";
import { gpt2Onnx } from "./onnx-gpt2.js";
import { writeSafetensors } from "./safetensors.js";

/** The file of weights in a checkpoint; model.onnx points into it. */
export const weightsFile = "model.safetensors";
const deviation = 0.02;

/**
 * Writes config.json and model.safetensors (a Hugging Face directory) and model.onnx, whose weights are those of
 * model.safetensors. Every number is normal(0, 0.02), the gains of the norms normal(1, 0.02). config.json is written
 * last: where it is, the checkpoint is whole.
 *
 * @param {string} directory  made if it is not there
 * @param {import("./gpt2.js").Gpt2Shape} shape
 * @param {number} seed
 */
export function generateCheckpoint(directory, shape, seed) {
  const config = join(directory, "config.json");
  mkdirSync(directory, { recursive: true });
  rmSync(config, { force: true });

  const normal = normalNumbers(seed);
  const isGain = (/** @type {string} */ name) => /ln_\w+\.weight$/.test(name);
  const places = writeSafetensors(join(directory, weightsFile), gpt2Tensors(shape), (name, out) =>
    normal(out, isGain(name) ? 1 : 0, deviation),
  );
  writeFileSync(join(directory, "model.onnx"), gpt2Onnx(shape, weightsFile, places));
  writeFileSync(config, `${JSON.stringify(gpt2Config(shape), null, 2)}\n`);
}

/** Whether a directory holds a whole checkpoint. */
export const isCheckpoint = (/** @type {string} */ directory) => existsSync(join(directory, "config.json"));

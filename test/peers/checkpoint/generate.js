/** A GPT-2 checkpoint of random weights: one file of weights, and the same for engines of other formats. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { importLibrary } from "../library.js";
import { gpt2Config, gpt2Tensors, weightTypes } from "./gpt2.js";
import { normalNumbers } from "./normal.js";
import { gpt2Onnx } from "./onnx-gpt2.js";
import { exportedLayers } from "./onnx-gpt2-exported.js";
import { fusedLayers } from "./onnx-gpt2-fused.js";
import { readPlaces, writeSafetensors } from "./safetensors.js";
import { vocabulary } from "./vocabulary.js";

/** The file of weights in a checkpoint; its graphs point into it. */
export const weightsFile = "model.safetensors";

/** The same weights for llama.cpp. @type {(type: import("./gpt2.js").WeightType) => string} */
export const ggufFile = (type) => `model-${type}.gguf`;

/** The ONNX graphs in a checkpoint: as exported, and as ONNX Runtime's transformer optimizer leaves it. */
export const graphFiles = { exported: "model.onnx", fused: "model-fused.onnx" };

const configFile = "config.json";
const deviation = 0.02;

/**
 * Writes config.json and model.safetensors (a Hugging Face directory), and what follows from them. Every number is
 * normal(0, 0.02), the gains of the norms normal(1, 0.02). config.json follows the weights: where it is, they are
 * whole.
 *
 * @param {string} directory  made if it is not there
 * @param {import("./gpt2.js").Gpt2Shape} shape
 * @param {number} seed
 */
export async function generateCheckpoint(directory, shape, seed) {
  const config = join(directory, configFile);
  mkdirSync(directory, { recursive: true });
  rmSync(config, { force: true });
  for (const type of weightTypes) rmSync(join(directory, ggufFile(type)), { force: true });

  const normal = normalNumbers(seed);
  const isGain = (/** @type {string} */ name) => /ln_\w+\.weight$/.test(name);
  writeSafetensors(join(directory, weightsFile), gpt2Tensors(shape), (name, out) =>
    normal(out, isGain(name) ? 1 : 0, deviation),
  );
  writeFileSync(config, `${JSON.stringify(gpt2Config(shape), null, 2)}\n`);
  await completeCheckpoint(directory);
}

/**
 * Writes what follows from the weights: the vocabulary and the ONNX graphs anew, and GGUF files where there are none, by this
 * project's own writer.
 *
 * @param {string} directory  with config.json and model.safetensors
 */
export async function completeCheckpoint(directory) {
  /** @type {import("./gpt2.js").Gpt2Shape} */
  const shape = JSON.parse(readFileSync(join(directory, configFile), "utf8"));
  writeVocabulary(directory, shape.vocab_size);
  writeGraphs(directory, shape);
  const { quantizeModel } = await importLibrary();
  for (const type of weightTypes) {
    const path = join(directory, ggufFile(type));
    if (!existsSync(path)) await quantizeModel(directory, path, type);
  }
}

/** Whether a directory holds weights; what follows from them may be that of an earlier version. */
export const isCheckpoint = (/** @type {string} */ directory) => existsSync(join(directory, configFile));

/** As GPT-2 keeps its tokenizer. @param {string} directory @param {number} size */
export function writeVocabulary(directory, size) {
  const { tokens, merges } = vocabulary(size);
  const ids = Object.fromEntries(tokens.map((token, id) => [token, id]));
  writeFileSync(join(directory, "vocab.json"), JSON.stringify(ids));
  writeFileSync(join(directory, "merges.txt"), ["#version: 0.2", ...merges, ""].join("\n"));
  writeFileSync(
    join(directory, "tokenizer_config.json"),
    JSON.stringify({ tokenizer_class: "GPT2Tokenizer" }),
  );
}

/** @param {string} directory @param {import("./gpt2.js").Gpt2Shape} shape */
function writeGraphs(directory, shape) {
  const places = readPlaces(join(directory, weightsFile));
  const write = (/** @type {string} */ file, /** @type {import("./onnx-gpt2.js").Gpt2Layers} */ layers) =>
    writeFileSync(join(directory, file), gpt2Onnx(layers, shape, weightsFile, places));
  write(graphFiles.exported, exportedLayers);
  write(graphFiles.fused, fusedLayers);
}

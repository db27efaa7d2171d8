/** Who runs. A further peer is a module in engines/ and a line here. */
import { gptSimd } from "./engines/gpt-simd.js";
import { nodeLlamaCpp } from "./engines/node-llama-cpp.js";
import { asExported, fused } from "./engines/onnx-decoder.js";
import { onnxruntimeNode } from "./engines/onnxruntime-node.js";
import { onnxruntimeWeb } from "./engines/onnxruntime-web.js";
import { wllama } from "./engines/wllama.js";

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {import("./engine.js").Engine} engine
 * @property {import("../checkpoint/gpt2.js").WeightType} type  of the weights
 * @property {"plain" | "relaxed"} [simd]  the build of our own kernels
 * @property {number} [threads]  instead of the workload's
 * @property {boolean} [everyNode]  another Node makes a difference: it runs under all that are given, not just the first
 * @property {boolean} [batches]  eight prompts together are timed, too
 */

/** @type {readonly Contender[]} */
export const contenders = [
  { name: "gpt-simd F32", engine: gptSimd, type: "f32", simd: "plain", batches: true },
  { name: "gpt-simd Q8_0", engine: gptSimd, type: "q8_0", simd: "plain", batches: true },
  { name: "gpt-simd Q4_0", engine: gptSimd, type: "q4_0", simd: "plain" },
  { name: "gpt-simd F32, 1 thread", engine: gptSimd, type: "f32", simd: "plain", threads: 1 },
  { name: "gpt-simd Q8_0, 1 thread", engine: gptSimd, type: "q8_0", simd: "plain", threads: 1 },
  { name: "gpt-simd relaxed F32", engine: gptSimd, type: "f32", simd: "relaxed", everyNode: true },
  { name: "gpt-simd relaxed Q8_0", engine: gptSimd, type: "q8_0", simd: "relaxed", everyNode: true },
  { name: "gpt-simd relaxed Q4_0", engine: gptSimd, type: "q4_0", simd: "relaxed", everyNode: true },
  { name: "onnxruntime-web F32", engine: onnxruntimeWeb(asExported), type: "f32", everyNode: true },
  { name: "onnxruntime-web F32, fused graph", engine: onnxruntimeWeb(fused), type: "f32" },
  { name: "onnxruntime-node F32, fused graph", engine: onnxruntimeNode(fused), type: "f32" },
  { name: "node-llama-cpp Q8_0", engine: nodeLlamaCpp, type: "q8_0" },
  { name: "node-llama-cpp F32", engine: nodeLlamaCpp, type: "f32" },
  { name: "wllama Q8_0", engine: wllama, type: "q8_0" },
];

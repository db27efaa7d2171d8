/** T5-small with random weights, and the ids that it reads. */
import { t5DecoderOnnx, t5EncoderOnnx } from "../checkpoint/onnx-t5.js";
import { checkpointFolder, writeRandomModel } from "../checkpoint/random-model.js";
import { t5Config, t5Tensors } from "../checkpoint/t5.js";

export const graphFiles = { encoder: "encoder.onnx", decoder: "decoder.onnx" };
export const folder = checkpointFolder("t5-small");

/** @param {string} directory @param {import("../checkpoint/t5.js").T5Shape} shape */
export const writeT5 = (directory, shape) =>
  writeRandomModel(directory, {
    config: t5Config(shape),
    tensors: t5Tensors(shape),
    // As T5 begins: small embeddings would write one id again and again.
    deviation: (name) => (name === "shared.weight" ? 1 : 0.05),
    files: {},
    graphs: {
      [graphFiles.encoder]: (file, places) => t5EncoderOnnx(shape, file, places),
      [graphFiles.decoder]: (file, places) => t5DecoderOnnx(shape, file, places),
    },
  });

/** @param {number} count @param {number} size  of the vocabulary */
export const sourceIds = (count, size) =>
  Array.from({ length: count }, (_, i) => 2 + ((i * 7919) % (size - 2)));

export const work = { source: 32, generate: 64 };

/** ONNX Runtime in WebAssembly. */
import { openWeb } from "../../onnx-session.js";
import { onnxDecoder, onnxFile } from "./onnx-decoder.js";

/** @param {import("./onnx-decoder.js").Setup} setup @returns {import("../engine.js").Engine} */
export const onnxruntimeWeb = (setup) => ({
  async load(checkpoint, { threads }) {
    return onnxDecoder(await openWeb(onnxFile(checkpoint, setup), threads, setup.options), checkpoint);
  },
});

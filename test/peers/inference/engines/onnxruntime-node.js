/** ONNX Runtime as a native add-on: not WebAssembly, for the distance to it. */
import { openNative } from "../../onnx-session.js";
import { onnxDecoder, onnxFile } from "./onnx-decoder.js";

/** @param {import("./onnx-decoder.js").Setup} setup @returns {import("../engine.js").Engine} */
export const onnxruntimeNode = (setup) => ({
  async load(checkpoint, { threads }) {
    return onnxDecoder(await openNative(onnxFile(checkpoint, setup), threads, setup.options), checkpoint);
  },
});

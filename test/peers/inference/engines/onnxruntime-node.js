/** ONNX Runtime as a native add-on: not WebAssembly, for the distance to it. */
import { importPackage } from "../../trial.js";
import { onnxDecoder, onnxFile } from "./onnx-decoder.js";

/** @param {import("./onnx-decoder.js").Setup} setup @returns {import("../engine.js").Engine} */
export const onnxruntimeNode = (setup) => ({
  async load(checkpoint, { threads }) {
    const { default: runtime } = await importPackage(() => import("onnxruntime-node"));
    const session = await runtime.InferenceSession.create(onnxFile(checkpoint, setup), {
      ...setup.options,
      executionProviders: ["cpu"],
      intraOpNumThreads: threads,
    });
    return onnxDecoder(runtime, session, checkpoint, runtime.env.versions.common);
  },
});

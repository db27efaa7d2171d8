/** ONNX Runtime as a native add-on: not WebAssembly, for the distance to it. */
import { importPackage } from "./engine.js";
import { onnxDecoder, onnxFile, sessionOptions } from "./onnx-decoder.js";

/** @type {import("./engine.js").Engine} */
export const onnxruntimeNode = {
  async load(checkpoint, { threads }) {
    const { default: runtime } = await importPackage(() => import("onnxruntime-node"));
    const session = await runtime.InferenceSession.create(onnxFile(checkpoint), {
      ...sessionOptions,
      executionProviders: ["cpu"],
      intraOpNumThreads: threads,
    });
    return onnxDecoder(runtime, session, checkpoint, runtime.env.versions.common);
  },
};

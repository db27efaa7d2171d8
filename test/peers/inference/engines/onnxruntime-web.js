/** ONNX Runtime in WebAssembly: the package's Node entry, its `wasm` execution provider, threads as given. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { weightsFile } from "../../checkpoint/generate.js";
import { importPackage } from "../../trial.js";
import { onnxDecoder, onnxFile } from "./onnx-decoder.js";

/** @param {import("./onnx-decoder.js").Setup} setup @returns {import("../engine.js").Engine} */
export const onnxruntimeWeb = (setup) => ({
  async load(checkpoint, { threads }) {
    const runtime = await importPackage(() => import("onnxruntime-web"));
    const file = onnxFile(checkpoint, setup);
    runtime.env.wasm.numThreads = threads;
    const session = await runtime.InferenceSession.create(await readFile(file), {
      ...setup.options,
      executionProviders: ["wasm"],
      externalData: [{ path: weightsFile, data: await readFile(join(dirname(file), weightsFile)) }],
    });
    return onnxDecoder(runtime, session, checkpoint, runtime.env.versions.common);
  },
});

/** ONNX Runtime in WebAssembly: the package's Node entry, its `wasm` execution provider, threads as given. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { weightsFile } from "../checkpoint/generate.js";
import { importPackage } from "./engine.js";
import { onnxDecoder, onnxFile, sessionOptions } from "./onnx-decoder.js";

/** @type {import("./engine.js").Engine} */
export const onnxruntimeWeb = {
  async load(checkpoint, { threads }) {
    const runtime = await importPackage(() => import("onnxruntime-web"));
    const file = onnxFile(checkpoint);
    runtime.env.wasm.numThreads = threads;
    const session = await runtime.InferenceSession.create(await readFile(file), {
      ...sessionOptions,
      executionProviders: ["wasm"],
      externalData: [{ path: weightsFile, data: await readFile(join(dirname(file), weightsFile)) }],
    });
    return onnxDecoder(runtime, session, checkpoint, runtime.env.versions.common);
  },
};

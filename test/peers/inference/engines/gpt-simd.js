/** This project, through the library that its users import. */
import { importLibrary, version } from "../../library.js";
import { Unavailable } from "../../trial.js";
import { greedySequence } from "../engine.js";

/** @type {import("../engine.js").Engine} */
export const gptSimd = {
  async load(checkpoint, { threads, type, simd }) {
    const { loadModel } = await importLibrary();
    const options = { threads, simd, ...(type !== "f32" && { quantization: type }) };
    const model = await loadModel(checkpoint, options).catch((/** @type {Error} */ error) => {
      // The relaxed build, for one, is refused under a Node that has no relaxed SIMD.
      throw error.name === "GptError" ? new Unavailable(error.message) : error;
    });
    return {
      version,
      start() {
        const session = model.createSession();
        return greedySequence(
          (ids) => session.append(ids),
          () => session.close(),
        );
      },
      close: () => model.close(),
    };
  },
};

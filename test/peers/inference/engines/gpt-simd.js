/** This project, through the library that its users import. */
import { importLibrary, orUnavailable, version } from "../../library.js";
import { greedySequence } from "../engine.js";

/** @type {import("../engine.js").Engine} */
export const gptSimd = {
  async load(checkpoint, { threads, type, simd }) {
    const { loadModel } = await importLibrary();
    const options = { threads, simd, ...(type !== "f32" && { quantization: type }) };
    const model = await orUnavailable(loadModel(checkpoint, options));
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

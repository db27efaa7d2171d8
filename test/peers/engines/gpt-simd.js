/** This project, through the library that its users import. */
import { existsSync, readFileSync } from "node:fs";
import { Unavailable } from "./engine.js";

const root = new URL("../../../", import.meta.url);
const library = new URL("dist/index.js", root);

/** @type {import("./engine.js").Engine} */
export const gptSimd = {
  async load(checkpoint, { threads, simd }) {
    if (!existsSync(library)) throw new Unavailable("not built: npm run build in the root");
    const { loadModel } = await import(library.href);
    const model = await loadModel(checkpoint, { threads, simd }).catch((/** @type {Error} */ error) => {
      // The relaxed build is refused under a Node that has no relaxed SIMD.
      throw simd === "relaxed" && error.name === "GptError" ? new Unavailable(error.message) : error;
    });
    return {
      version: JSON.parse(readFileSync(new URL("package.json", root), "utf8")).version,
      start() {
        const session = model.createSession();
        return { append: (ids) => session.append(ids) };
      },
      close: () => model.close(),
    };
  },
};

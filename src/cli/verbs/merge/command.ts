/** `gpt merge`: writes a model with LoRA adapters in its weights, or one model made of several. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { mergeAdapters } from "../../../convert/merge-adapters.ts";
import { mergeModels } from "../../../convert/merging/merge-models.ts";
import { GptError } from "../../../errors.ts";
import { findModel } from "../../../hub/find-model.ts";
import { modelName } from "../../../hub/model-name.ts";
import type { AdapterChoice } from "../../../weights/adapters/choice.ts";
import { MODEL_WEIGHTS } from "../../../weights/model-writer.ts";
import { defineCommand } from "../../command.ts";
import { flagGroup } from "../../flags/flags.ts";
import { adapterFlag, engineFlags, modelFile } from "../../flags/model-flags.ts";
import { jsonFlag, outputFlag, quietFlag } from "../../flags/output-flags.ts";
import { bytes } from "../../terminal/format.ts";
import { interruptible } from "../../terminal/interrupt.ts";
import { Output } from "../../terminal/output.ts";
import { startSpinner } from "../../terminal/spinner.ts";
import { methodFlags, methodOf } from "./flags.ts";

export const command = defineCommand({
  examples: [
    "gpt merge path/to/model path/to/adapter -o merged",
    "gpt merge path/to/model poems:0.7 letters:0.3 -o merged",
    "gpt merge path/to/model path/to/other --average --weights 2,1 -o soup",
  ],
  flags: {
    ...modelFile(),
    ...adapterFlag,
    ...methodFlags,
    ...flagGroup("Engine:", { threads: engineFlags.threads, simd: engineFlags.simd }),
    ...flagGroup("Output:", {
      output: outputFlag("The directory to write the model into, in F32"),
      json: jsonFlag(),
      quiet: quietFlag("No spinner, no summary"),
    }),
  },
  async handler(flags) {
    const { model, adapter = [], threads, simd, output: directory, json, quiet } = flags;
    const method = methodOf(flags);
    if (adapter.length === 0 && method?.base === undefined) {
      const wanted = method ? "OTHER...: which other models?" : "ADAPTER: which adapter?";
      throw new GptError("usage", `gpt merge MODEL ${wanted}`);
    }
    if (directory === undefined) throw new GptError("usage", "where to? -o DIRECTORY says it");
    const first = findModel(model);
    const base = modelName(first);
    const others = method ? adapter.map(modelAt) : [];
    const start = performance.now();
    await interruptible(async (signal) => {
      using spinner = startSpinner(`loading ${base}`, quiet);
      const onProgress = (loaded: number, total: number) =>
        spinner.say(loaded < total ? `loading ${base} ${Math.floor((100 * loaded) / total)}%` : "merging");
      const options = { threads, simd, signal, onProgress };
      if (method) await mergeModels([first, ...others], directory, { ...options, ...method });
      else await mergeAdapters(model, adapter, directory, options);
    });
    const { size } = await stat(join(directory, MODEL_WEIGHTS));
    const seconds = Number(((performance.now() - start) / 1000).toFixed(3));
    const found = method ? { models: [first, ...others], ...method } : { adapters: adapter };
    if (json) await new Output().writeJson({ directory, model: base, ...found, bytes: size, seconds });
    else if (!quiet) {
      const names = adapter.map(({ path }) => modelName(path)).join(", ");
      const what = method ? ` by ${method.method}` : "";
      const with_ = names === "" ? "" : ` with ${names}`;
      process.stderr.write(
        `${directory}: ${base}${with_}${what}, ${bytes(size)} in ${seconds.toPrecision(2)} s\n`,
      );
    }
  },
});

/** @throws GptError `usage` for a factor, which adapters have */
function modelAt({ path, scale }: AdapterChoice): string {
  if (scale === 1) return findModel(path);
  throw new GptError("usage", `${path}:${scale}: models have --weights`);
}

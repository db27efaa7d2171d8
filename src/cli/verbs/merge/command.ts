/** `gpt merge`: writes a model with LoRA adapters in its weights, for tools that read no adapters. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { mergeAdapters } from "../../../convert/merge-adapters.ts";
import { GptError } from "../../../errors.ts";
import { findModel } from "../../../hub/find-model.ts";
import { modelName } from "../../../hub/model-name.ts";
import { MODEL_WEIGHTS } from "../../../weights/model-writer.ts";
import { defineCommand } from "../../command.ts";
import { flagGroup } from "../../flags/flags.ts";
import { adapterFlag, engineFlags, modelFile } from "../../flags/model-flags.ts";
import { jsonFlag, outputFlag, quietFlag } from "../../flags/output-flags.ts";
import { bytes } from "../../terminal/format.ts";
import { interruptible } from "../../terminal/interrupt.ts";
import { Output } from "../../terminal/output.ts";
import { startSpinner } from "../../terminal/spinner.ts";

export const command = defineCommand({
  examples: [
    "gpt merge path/to/model path/to/adapter -o merged",
    "gpt merge path/to/model poems:0.7 letters:0.3 -o merged",
  ],
  flags: {
    ...modelFile(),
    ...adapterFlag,
    ...flagGroup("Engine:", { threads: engineFlags.threads, simd: engineFlags.simd }),
    ...flagGroup("Output:", {
      output: outputFlag("The directory to write the model into, in F32"),
      json: jsonFlag(),
      quiet: quietFlag("No spinner, no summary"),
    }),
  },
  async handler({ model, adapter = [], threads, simd, output: directory, json, quiet }) {
    if (adapter.length === 0) throw new GptError("usage", "gpt merge MODEL ADAPTER: which adapter?");
    if (directory === undefined) throw new GptError("usage", "where to? -o DIRECTORY says it");
    const base = modelName(findModel(model));
    const start = performance.now();
    await interruptible(async (signal) => {
      using spinner = startSpinner(`loading ${base}`, quiet);
      const onProgress = (loaded: number, total: number) =>
        spinner.say(loaded < total ? `loading ${base} ${Math.floor((100 * loaded) / total)}%` : "merging");
      await mergeAdapters(model, adapter, directory, { threads, simd, signal, onProgress });
    });
    const { size } = await stat(join(directory, MODEL_WEIGHTS));
    const seconds = Number(((performance.now() - start) / 1000).toFixed(3));
    if (json)
      await new Output().writeJson({ directory, model: base, adapters: adapter, bytes: size, seconds });
    else if (!quiet) {
      const names = adapter.map(({ path }) => modelName(path)).join(", ");
      process.stderr.write(
        `${directory}: ${base} with ${names}, ${bytes(size)} in ${seconds.toPrecision(2)} s\n`,
      );
    }
  },
});

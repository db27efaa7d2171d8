/** `gpt inspect`: shapes, parameters and memory of a model. It does not read the weights. */
import { openCheckpoint } from "../../../checkpoint/open.ts";
import { GptError } from "../../../errors.ts";
import { findModel } from "../../../hub/find-model.ts";
import { gatherFacts } from "../../../library/facts/model-facts.ts";
import { defineCommand } from "../../command.ts";
import { flagGroup, toggle } from "../../flags/flags.ts";
import { modelFile } from "../../flags/model-flags.ts";
import { jsonFlag } from "../../flags/output-flags.ts";
import { Output } from "../../terminal/output.ts";
import { report, tensorTable } from "./report.ts";

export const command = defineCommand({
  examples: [
    "gpt inspect",
    "gpt inspect path/to/model.gguf",
    "gpt inspect path/to/model --tensors",
    "gpt inspect path/to/config.json --json",
  ],
  flags: {
    ...modelFile("A directory, a .gguf file, a config.json, or a name"),
    ...flagGroup("Output:", {
      tensors: toggle("The stored tensors: name, type, shape and bytes; with --json beside the rest"),
      json: jsonFlag(),
    }),
  },
  async handler(args) {
    const checkpoint = await openCheckpoint(findModel(args.model));
    const tensors = [...checkpoint.tensors.values()];
    if (args.tensors && tensors.length === 0) {
      throw new GptError("usage", `--tensors: ${checkpoint.path} holds none: give a model with its weights`);
    }
    const output = new Output();
    if (args.tensors && !args.json) return await output.write(tensorTable(tensors));

    const facts = await gatherFacts(checkpoint);
    if (args.json) await output.writeJson(args.tensors ? { ...facts, tensors } : facts);
    else await output.write(report(facts));
  },
});

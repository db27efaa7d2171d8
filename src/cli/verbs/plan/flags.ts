/** Flags of `gpt plan`. */
import { FILE_TYPES, type FileType } from "../../../convert/mixtures.ts";
import type { Conflict } from "../../flags/conflicts.ts";
import { flagGroup, integer, oneOf, path, value } from "../../flags/flags.ts";
import { engineFlags, modelFile } from "../../flags/model-flags.ts";
import { jsonFlag, quietFlag } from "../../flags/output-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";
import { integers } from "../../flags/values/numbers.ts";

/** From the command line alone. */
const own = { inherited: false };

const { threads: _, simd, adapter: __, ...ofModel } = engineFlags;

export const planFlags = {
  ...modelFile("A directory, a .gguf file, a config.json, or a name"),
  ...ofModel,
  ...flagGroup("Model:", {
    type: value(
      oneOf<FileType>(...FILE_TYPES),
      "As if gpt quantize had written it in this type [as it is stored]",
      own,
    ),
  }),
  ...flagGroup("Machine:", {
    machine: value(path, "A JSON file that describes a machine [this one, measured in some seconds]"),
    "save-machine": value(path, "Write what was measured of this machine to a file for --machine", own),
    machines: value(integer(1), "Machines alike, each with a copy of the model [1, or --stages]"),
    stages: value(integer(1), "Machines that share a copy, each with some of its layers: only planned [1]"),
    threads: value(integers(1), "Threads, or a list: 1,2 or 1-8*2 [1, and one per core, at most 8]", {
      alias: "t",
    }),
    simd,
  }),
  ...flagGroup("Work:", {
    sequences: value(integers(1), "Texts at a time on each copy, or a list [1,8]"),
    "n-prompt": value(integer(1), "Tokens of prompts [512, or the context]", { alias: "p" }),
    "n-gen": value(integer(1), "Tokens to generate [128, or the context]", { alias: "n" }),
  }),
  ...flagGroup("Output:", {
    json: jsonFlag(),
    quiet: quietFlag("No progress"),
  }),
};

export type PlanArguments = ParsedFlags<typeof planFlags>;

export const planConflicts = ({
  machine,
  saveMachine,
  simd,
  type,
  quant,
  machines,
  stages,
}: PlanArguments): readonly Conflict[] => [
  {
    holds: machines !== undefined && stages !== undefined && machines % stages !== 0,
    flags: ["machines"],
    problem: `--machines ${machines}: each copy takes ${stages} of them: give a multiple of --stages`,
  },
  {
    holds: machine !== undefined && saveMachine !== undefined,
    flags: ["save-machine"],
    problem: "--save-machine writes what is measured, --machine FILE measures nothing: leave one of them out",
  },
  {
    holds: machine !== undefined && simd !== undefined,
    flags: ["simd"],
    problem: "--simd chooses the kernels to measure, --machine FILE measures nothing: leave one of them out",
  },
  {
    holds: type !== undefined && quant !== undefined,
    flags: ["quant"],
    problem: "--quant is a type in memory, --type one of a file, which memory keeps: leave one of them out",
  },
];

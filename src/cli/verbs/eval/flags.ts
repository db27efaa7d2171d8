/** Flags of `gpt eval`. */
import { PROTOCOLS } from "../../../evaluate/perplexity/protocol.ts";
import type { Conflict } from "../../flags/conflicts.ts";
import { flagGroup, integer, list, modelPath, oneOf, path, toggle, value } from "../../flags/flags.ts";
import { engineFlags } from "../../flags/model-flags.ts";
import { colorFlag, jsonFlag, outputFlag, quietFlag } from "../../flags/output-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";

/** From the command line alone. */
const own = { inherited: false };

const what = Object.assign((word: string): string => word, { completion: ["perplexity"] });

const perplexityFlags = flagGroup("perplexity:", {
  windows: value(
    oneOf(...PROTOCOLS),
    "half and sliding: as llama-perplexity and its --ppl-stride; strided: as Hugging Face's page; rolling: as lm-evaluation-harness [half]",
    own,
  ),
  stride: value(integer(1), "Tokens between windows, sliding or strided [half a window]", own),
  chunks: value(integer(1), "How many windows, from the start [all]", own),
  documents: toggle("Texts between <|endoftext|> have windows of their own", own),
  compare: value(
    modelPath,
    "Another model on the same tokens: KL divergence, equal top tokens, changes",
    own,
  ),
});

export const evalFlags = {
  ...flagGroup("Input:", {
    what: value(what, "What to measure: perplexity", own),
    names: list(path, "perplexity: the text files", own),
  }),
  ...flagGroup("Model:", {
    model: value(
      modelPath,
      "A directory, a .gguf file, or a name in models/ or $GPT_MODELS [$GPT_MODEL or the embedded one]",
      { alias: "m" },
    ),
  }),
  ...engineFlags,
  ...perplexityFlags,
  ...flagGroup("Output:", {
    output: {
      ...outputFlag("A .jsonl file for the losses of each token; a run that was stopped goes on from there"),
      inherited: false,
    },
    json: jsonFlag(),
    quiet: quietFlag("No progress"),
  }),
  ...colorFlag,
};

export type EvalArguments = ParsedFlags<typeof evalFlags>;

export function evalConflicts({
  stride,
  windows = "half",
  quant,
  compare,
}: EvalArguments): readonly Conflict[] {
  return [
    {
      holds: stride !== undefined && windows !== "sliding" && windows !== "strided",
      flags: ["stride"],
      problem: "--stride goes with --windows sliding or strided",
    },
    {
      holds: quant !== undefined && compare !== undefined,
      flags: ["quant", "compare"],
      problem: "--quant compares the model with its quantized form: give it or --compare, not both",
    },
  ];
}

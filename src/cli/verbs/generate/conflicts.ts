/** Flags of `gpt generate` that do not go together. */
import type { Conflict } from "../../flags/conflicts.ts";
import { constraintConflicts } from "../../flags/grammar/flags.ts";
import { inputConflicts } from "../../flags/input-flags.ts";
import { shardConflicts } from "../../flags/shard-flags.ts";
import { type Style, styleFor } from "../../terminal/style.ts";
import { batchConflicts, isBatch } from "./batch/flags.ts";
import { chatConflicts } from "./chat-flags.ts";
import type { GenerateArguments } from "./flags.ts";
import { manifestConflicts } from "./manifest.ts";
import { askedOptions } from "./option-layers.ts";
import { noProgramConflicts, programConflicts } from "./program.ts";

export function generateConflicts(args: GenerateArguments): readonly Conflict[] {
  return [
    ...inputConflicts(args),
    ...shardConflicts(args),
    ...chatConflicts(args),
    ...speculationConflicts(args),
    ...constraintConflicts(args),
    ...manifestConflicts(args),
    ...conflictsOfMode(args),
  ];
}

function speculationConflicts(args: GenerateArguments): readonly Conflict[] {
  const { beams = 1, lookup = 0 } = askedOptions(args);
  const isDraft = args.draft !== undefined;
  return [
    {
      holds: isDraft && lookup > 0,
      flags: ["draft", "lookup"],
      problem: "--draft and --lookup both guess what comes next: give one of them",
    },
    {
      holds: isDraft && beams > 1,
      flags: ["draft", "beams"],
      problem:
        "--draft does not go with beam search, which follows many texts: leave it out, or set --beams 1",
    },
    {
      holds: !isDraft && args.draftMax !== undefined,
      flags: ["draft-max"],
      problem: "--draft-max says how much --draft guesses: give that too",
    },
  ];
}

function conflictsOfMode(args: GenerateArguments): readonly Conflict[] {
  if (isBatch(args)) return [...batchConflicts(args), ...noProgramConflicts(args, "a batch")];
  if (args.interactive) return [...conversationConflicts(args), ...noProgramConflicts(args, "--interactive")];
  return [...samplingConflicts(args), ...programConflicts(args)];
}

function conversationConflicts(args: GenerateArguments): readonly Conflict[] {
  const { file, samples = 1, echo, noStream, json, output, logprobs, noStdin, parallel } = args;
  const flags = [
    ["parallel", parallel !== undefined],
    ["samples", samples > 1],
    ["echo", echo],
    ["no-stream", noStream],
    ["json", json],
    ["output", output !== undefined],
    ["logprobs", logprobs !== undefined],
    ["no-stdin", noStdin],
  ] as const;
  return [
    {
      holds: file === "-",
      flags: ["interactive"],
      problem: "--interactive reads standard input: --file needs a file",
    },
    ...flags.map(([flag, holds]) => ({
      holds,
      flags: [flag, "interactive"],
      problem: `--interactive is a conversation: leave --${flag} out`,
    })),
  ];
}

function samplingConflicts(args: GenerateArguments): readonly Conflict[] {
  const { vote, samples = vote ?? 1, logprobs, json, parallel } = args;
  const flag = vote === undefined ? "samples" : "vote";
  const { beams = 1 } = askedOptions(args);
  return [
    {
      holds: parallel !== undefined && samples === 1,
      flags: ["parallel"],
      problem: "--parallel is for several texts: give --samples, --vote, --lines or --jsonl",
    },
    {
      holds: samples > 1 && beams > 1,
      flags: [flag, "beams"],
      problem: `--${flag} ${samples}: beam search always finds the same text; --beams 1 samples`,
    },
    {
      // With beams no colour helps: they exclude each other, which is said elsewhere.
      holds: logprobs !== undefined && beams === 1 && !json && !outputStyle(args).enabled,
      flags: ["logprobs"],
      problem: "--logprobs: give --json too, or --color always to see them as colours",
    },
  ];
}

/** A file has colours only if --color asks for them. */
export const outputStyle = ({ output = "-", color }: Pick<GenerateArguments, "output" | "color">): Style =>
  output === "-" ? styleFor(process.stdout, color) : styleFor({}, color ?? "never");

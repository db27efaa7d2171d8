/** Flags of a batch, and their conflicts. */
import { resolve } from "node:path";
import { PARALLEL } from "../../../../engine/parallel.ts";
import type { Conflict } from "../../../flags/conflicts.ts";
import { flagGroup, integer, path, toggle, value } from "../../../flags/flags.ts";
import type { ParsedFlags } from "../../../flags/parsed-flags.ts";

export const batchFlags = flagGroup("Batch:", {
  lines: toggle(
    "Every line of the input is a prompt; a line of JSON is written for each. All have the same --seed",
  ),
  jsonl: toggle(
    'Every line is JSON: {"prompt": "Once"} or {"ids": [1, 2]}, with an "id", and flags as "top_k". Any other line is answered with an error',
  ),
  resume: value(
    path,
    "Go on after the results that an earlier run with the same settings wrote to FILE with -o",
    {
      inherited: false,
    },
  ),
  parallel: value(
    integer(1),
    `Continue N lines or samples at a time [${PARALLEL}, or fewer where memory holds fewer contexts]`,
    { synonyms: ["np"] },
  ),
});

/** Format of the input lines. */
export type LineFormat = "lines" | "jsonl";

/** Other flags of `gpt generate`. */
interface Given extends ParsedFlags<typeof batchFlags> {
  readonly prompt?: string | undefined;
  readonly ids?: readonly number[] | undefined;
  readonly samples?: number | undefined;
  readonly noStream?: boolean | undefined;
  readonly interactive?: boolean | undefined;
  readonly escape?: boolean | undefined;
  readonly output?: string | undefined;
}

/** Whether the flags ask for a batch. */
export const isBatch = ({ lines, jsonl, resume }: ParsedFlags<typeof batchFlags>): boolean =>
  lines === true || jsonl === true || resume !== undefined;

export const batchFormat = ({ lines }: ParsedFlags<typeof batchFlags>): LineFormat =>
  lines ? "lines" : "jsonl";

/** Flags that conflict with a batch or with each other. */
export function batchConflicts(given: Given): readonly Conflict[] {
  const { lines, jsonl, prompt, ids, samples = 1, noStream, interactive, output, resume } = given;
  const format = batchFormat(given);
  const elsewhere = output !== undefined && resume !== undefined && resolve(output) !== resolve(resume);
  const conflicts: readonly (readonly [holds: boolean | undefined, flags: string[], problem: string])[] = [
    [!lines && !jsonl, ["resume"], "--resume goes on with a batch: give --lines or --jsonl too"],
    [lines && jsonl, ["lines", "jsonl"], "give --lines or --jsonl, not both"],
    [prompt !== undefined, [format], `--${format} takes its prompts from the input: leave the prompt out`],
    [
      ids !== undefined,
      [format],
      `--${format} takes its prompts from the input: lines of --jsonl may have "ids"`,
    ],
    [
      samples > 1,
      ["samples", format],
      `--${format} writes one sample for each line: repeat the line instead of --samples`,
    ],
    [noStream, ["no-stream", format], `--${format} never streams: leave --no-stream out`],
    [interactive, ["interactive", format], `--${format} is no conversation: leave --interactive out`],
    [jsonl && given.escape, ["escape", "jsonl"], "--jsonl has the escapes of JSON: leave --escape out"],
    [resume === "-", ["resume"], "--resume goes on with a file, not with standard output"],
    [elsewhere, ["output"], "--resume writes to the file that it goes on with: leave --output out"],
  ];
  return conflicts.map(([holds, flags, problem]) => ({ holds, flags, problem }));
}

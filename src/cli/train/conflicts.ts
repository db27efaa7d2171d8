/** Flags of `gpt train` that do not go together. */
import type { Conflict } from "../arguments/conflicts.ts";
import type { TrainArguments } from "./flags.ts";

/** Each, with the one that could give way first. */
const PAIRS: readonly (readonly [flag: string, other: string, problem: string])[] = [
  ["steps", "epochs", "a run has one length: give --steps or --epochs"],
  ["minutes", "steps", "a run has one length: give --steps or --minutes"],
  ["minutes", "epochs", "a run has one length: give --epochs or --minutes"],
  ["valid-fraction", "valid", "give --valid or --valid-fraction, not both"],
  ["preset", "init", "--init has a size: leave --preset out"],
  ["family", "init", "--init has a family: leave --family out"],
  ["layers", "init", "--init has its layers: leave --layers out"],
  ["heads", "init", "--init has its heads: leave --heads out"],
  ["width", "init", "--init has a width: leave --width out"],
  ["tokenizer", "init", "--init has a tokenizer: leave --tokenizer out"],
  ["vocab-size", "init", "--init has a tokenizer: leave --vocab-size out"],
  ["vocab-size", "tokenizer", "--tokenizer has a vocabulary: leave --vocab-size out"],
  ["output", "resume", "--resume writes where the run is: leave --output out"],
];

export const trainConflicts = (args: TrainArguments): readonly Conflict[] =>
  PAIRS.map(([flag, other, problem]) => ({
    holds: args[flag] !== undefined && args[other] !== undefined,
    flags: [flag, other],
    problem,
  }));

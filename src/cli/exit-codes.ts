/** Exit codes, in one table. Scripts rely on it; `gpt help exit-codes` shows it. */
import type { ErrorCode } from "../errors.ts";
import { pairs } from "./terminal/format.ts";

interface ExitCode {
  readonly status: number;
  readonly meaning: string;
}

/** For each kind of error a person can cause. */
const errors: Readonly<Record<ErrorCode, ExitCode>> = {
  usage: { status: 2, meaning: "the command line is wrong: an unknown flag, a value out of range, no text" },
  "not-found": {
    status: 3,
    meaning: "a model, tokenizer, file or directory is not there, or cannot be opened or written",
  },
  "invalid-file": { status: 4, meaning: "a file is corrupt, or asks for something that is not supported" },
  resource: { status: 5, meaning: "not enough memory, context or room on the disk" },
};

export const exitStatus = (code: ErrorCode): number => errors[code].status;

/**
 * The run is complete, but some lines of a batch or a script failed, or some kernels fell behind a baseline.
 * Each is in the output or reported.
 */
export const someFailedStatus = 1;

/** A bug in this program (sysexits.h: EX_SOFTWARE). */
export const internalErrorStatus = 70;

/** How shells report the end by a signal: 128 + its number. */
export const signalStatus = { SIGHUP: 129, SIGINT: 130, SIGUSR1: 138, SIGTERM: 143 } as const;

const exitCodes: readonly ExitCode[] = [
  { status: 0, meaning: "all went well; also if the reader of the output has left, as head does" },
  {
    status: someFailedStatus,
    meaning: "it ran to its end, and some lines of a batch or of a piped -i failed, or kernels --fail-over",
  },
  ...Object.values(errors),
  { status: internalErrorStatus, meaning: "a bug in gpt; --debug shows where" },
  { status: signalStatus.SIGHUP, meaning: "stopped because its terminal was closed; what was written stays" },
  { status: signalStatus.SIGINT, meaning: "stopped by Ctrl-C; what was written stays" },
  {
    status: signalStatus.SIGUSR1,
    meaning: "stopped by SIGUSR1, Slurm's warning; lines at hand are finished, --resume goes on after them",
  },
  { status: signalStatus.SIGTERM, meaning: "stopped by SIGTERM, in the same way" },
];

export const exitCodesPage = (): string =>
  `Exit codes\n\n${pairs(
    exitCodes.map(({ status, meaning }) => [String(status), meaning]),
    process.stdout.columns || Number.POSITIVE_INFINITY,
  )}`;

/** What the process ends with. One table; shells and scripts rely on it. */
import type { ErrorCode } from "../errors.ts";

/** Exit status of each kind of error a person can cause. 1 is kept for commands that ran and answer "no". */
const errorStatus: Record<ErrorCode, number> = {
  usage: 2,
  "not-found": 3,
  "invalid-file": 4,
  resource: 5,
};

/** A bug in this program (sysexits.h: EX_SOFTWARE). */
export const internalErrorStatus = 70;

export const exitStatus = (code: ErrorCode): number => errorStatus[code];

/** How shells report the end by a signal: 128 + its number. */
export const signalStatus = { SIGINT: 130, SIGTERM: 143 } as const;

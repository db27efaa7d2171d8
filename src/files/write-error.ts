/** Why a file or a directory cannot be written, in words. */
import { type ErrorCode, GptError } from "../errors.ts";

interface Reason {
  readonly code: ErrorCode;
  readonly words: string;
}

const NOT_ALLOWED: Reason = { code: "not-found", words: "you are not allowed to write there" };
const NO_ROOM: Reason = { code: "resource", words: "there is no room on the disk" };

/** By the system's code. Codes without an entry are rare: the message shows the code itself. */
const REASONS: Readonly<Record<string, Reason>> = {
  EACCES: NOT_ALLOWED,
  EPERM: NOT_ALLOWED,
  EROFS: { code: "not-found", words: "the file system is read-only" },
  ENOSPC: NO_ROOM,
  EDQUOT: NO_ROOM,
  EFBIG: { code: "resource", words: "the file is too large for the file system" },
  EMFILE: { code: "resource", words: "too many files are open" },
};

/** A GptError for an error of the system; any other error stays as it is. */
export function writeError(path: string, error: unknown): unknown {
  if (!(error instanceof Error && "syscall" in error && "code" in error)) return error;
  const { code, words } = REASONS[String(error.code)] ?? { code: "resource", words: undefined };
  const reason = words === undefined ? ` (${error.code})` : `: ${words}`;
  return new GptError(code, `${path}: cannot be written${reason}`, { cause: error });
}

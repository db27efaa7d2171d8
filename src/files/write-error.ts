/** Says in words why a file or a directory cannot be written. */
import { type ErrorCode, GptError } from "../errors.ts";

interface Reason {
  readonly code: ErrorCode;
  readonly words: string;
}

const NOT_ALLOWED: Reason = { code: "not-found", words: "you are not allowed to write there" };
const NO_ROOM: Reason = { code: "resource", words: "there is no room on the disk" };

/** Reasons by the code of the system. For other codes the message shows the code. */
const REASONS: Readonly<Record<string, Reason>> = {
  EACCES: NOT_ALLOWED,
  EPERM: NOT_ALLOWED,
  EROFS: { code: "not-found", words: "the file system is read-only" },
  ENOSPC: NO_ROOM,
  EDQUOT: NO_ROOM,
  EFBIG: { code: "resource", words: "the file is too large for the file system" },
  EBADF: { code: "resource", words: "it is not open for writing" },
  EIO: { code: "resource", words: "the disk reports a fault" },
  ELOOP: { code: "resource", words: "its symbolic links form a circle" },
  ENAMETOOLONG: { code: "resource", words: "its name is too long" },
  ENOENT: { code: "resource", words: "its directory does not exist" },
  ENOTDIR: { code: "resource", words: "a part of its path is a file, not a directory" },
  EISDIR: { code: "resource", words: "it is a directory" },
  EMFILE: { code: "resource", words: "too many files are open" },
};

/** Why the system refuses to write. The message of the system if its code has no words here. */
export const writeReason = (error: NodeJS.ErrnoException): string =>
  REASONS[String(error.code)]?.words ?? error.message;

/** The GptError for an error of the system. Any other error stays as it is. */
export function writeError(path: string, error: unknown): unknown {
  if (!(error instanceof Error && "syscall" in error && "code" in error)) return error;
  const { code, words } = REASONS[String(error.code)] ?? { code: "resource", words: undefined };
  const reason = words === undefined ? ` (${error.code})` : `: ${words}`;
  return new GptError(code, `${path}: cannot be written${reason}`, { cause: error });
}

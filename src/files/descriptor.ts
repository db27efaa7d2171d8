/** Paths that lead to an open descriptor of this process, whose file must not be replaced by another one. */
import { fstatSync, type Stats, statSync } from "node:fs";

const NAMED = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/;
const OUTPUTS: Readonly<Record<string, number>> = { "/dev/stdout": 1, "/dev/stderr": 2 };

/**
 * The descriptor that a path names, or whose file it is: `/dev/stdout`, `/dev/fd/3`, `log.txt` beside `>
 * log.txt`. Undefined for other paths.
 */
export function descriptorOf(path: string): number | undefined {
  const named = OUTPUTS[path] ?? NAMED.exec(path)?.[1];
  if (named !== undefined) return Number(named);
  const file = statOf(() => statSync(path));
  if (!file?.isFile()) return undefined;
  return [1, 2].find((descriptor) => {
    const open = statOf(() => fstatSync(descriptor));
    return open?.dev === file.dev && open.ino === file.ino;
  });
}

function statOf(stat: () => Stats): Stats | undefined {
  try {
    return stat();
  } catch {
    return undefined;
  }
}

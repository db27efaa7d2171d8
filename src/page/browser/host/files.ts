/** Files, for a page: those that it carries, by their paths. */
import type { FileStats, Files } from "../../../host/host.ts";

const carried = new Map<string, Uint8Array>();

/** Puts a file where the engine finds it. */
export const carry = (path: string, bytes: Uint8Array): void => void carried.set(path, bytes);

/** Names in a directory: the page has no directories inside directories. */
const namesIn = (directory: string): string[] =>
  [...carried.keys()]
    .filter((path) => path.startsWith(`${directory}/`))
    .map((path) => path.slice(directory.length + 1));

export const files: Files = {
  async stat(path) {
    const size = carried.get(path)?.byteLength;
    if (size === undefined && namesIn(path).length === 0) throw missing(path);
    return statsOf(size);
  },

  async open(path) {
    const bytes = carried.get(path);
    if (bytes === undefined) throw missing(path);
    return {
      async read(target, offset, length, position) {
        const part = bytes.subarray(position, position + length);
        target.set(part, offset);
        return { bytesRead: part.byteLength };
      },
      async close() {},
    };
  },

  async list(directory) {
    return namesIn(directory);
  },

  exists: (path) => carried.has(path) || namesIn(path).length > 0,
};

/** @param size of a file; undefined for a directory */
const statsOf = (size: number | undefined): FileStats => ({
  size: size ?? 0,
  isFile: () => size !== undefined,
  isDirectory: () => size === undefined,
  isFIFO: () => false,
});

const missing = (path: string): Error =>
  Object.assign(new Error(`${path} is missing`), { code: "ENOENT", syscall: "open" });

/** Lines follow lines. */
import { createReadStream } from "node:fs";
import { fileError } from "../../files/file.ts";
import type { Joiner } from "./joiner.ts";

export const joinLines: Joiner = async function* (paths) {
  for (const path of paths) yield* bytesOf(path);
};

/** @param start where to begin, in bytes. @throws GptError `not-found` for a file that cannot be read */
export async function* bytesOf(path: string, start = 0): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* createReadStream(path, { start });
  } catch (error) {
    throw fileError(path, "read", error);
  }
}

/** Answers to the items of tasks: a line about the run, which all parts share, and a line for each answer. */

import { GptError } from "../../errors.ts";
import { splitLines } from "../../files/lines.ts";
import type { Joiner } from "./joiner.ts";
import { bytesOf } from "./lines.ts";

export const joinAnswers: Joiner = async function* (paths) {
  let shared: Buffer | undefined;
  for (const path of paths) {
    const head = await headOf(path);
    if (shared === undefined) yield head;
    else if (!head.equals(shared)) {
      throw new GptError("usage", `${path}: answers other questions, or another model, than ${paths[0]}`);
    }
    shared ??= head;
    yield* bytesOf(path, head.length);
  }
};

/** The first line, with its end. */
async function headOf(path: string): Promise<Buffer> {
  for await (const { bytes, ended } of splitLines(bytesOf(path))) {
    if (bytes !== undefined && ended) return Buffer.concat([bytes, Buffer.from("\n")]);
    break;
  }
  throw new GptError("invalid-file", `${path}: its first line is cut short: run its shard again`);
}

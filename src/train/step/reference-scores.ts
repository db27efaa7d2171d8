/**
 * Log-probabilities of completions under a reference, which depend on nothing but their ids: they are computed
 * once, and kept in a file beside the run.
 *
 * The file is a key of 32 bytes, then a record for each completion: 16 bytes of the hash of its ids, and the
 * log-probability as f64. A record that is cut off does not count, and a file with another key begins anew.
 */
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { makeDirectory } from "../../files/output-file.ts";
import { writeError } from "../../files/write-error.ts";
import type { Completion } from "../completions.ts";

const KEY_BYTES = 32;
const HASH_BYTES = 16;
const RECORD_BYTES = HASH_BYTES + 8;

export class ReferenceScores {
  readonly #known: Map<string, number>;
  readonly #path: string | undefined;
  #waiting: Buffer[] = [];

  private constructor(path: string | undefined, known: Map<string, number>) {
    this.#path = path;
    this.#known = known;
  }

  /**
   * @param path undefined: they are kept in memory alone
   * @param key of the model and of all that its numbers depend on, 32 bytes
   * @throws GptError as `writeError`
   */
  static async open(path: string | undefined, key: Uint8Array): Promise<ReferenceScores> {
    if (path === undefined) return new ReferenceScores(undefined, new Map());
    return await blaming(path, async () => {
      await makeDirectory(dirname(path));
      const handle = await open(path, "a+");
      try {
        return new ReferenceScores(path, await readScores(handle, key));
      } finally {
        await handle.close();
      }
    });
  }

  get(completion: Completion): number | undefined {
    return this.#known.get(hashOf(completion).toString("latin1"));
  }

  add(completion: Completion, score: number): void {
    const hash = hashOf(completion);
    this.#known.set(hash.toString("latin1"), score);
    const value = Buffer.alloc(8);
    value.writeDoubleLE(score);
    this.#waiting.push(hash, value);
  }

  /** Writes what was added. @throws GptError as `writeError` */
  async save(): Promise<void> {
    const records = Buffer.concat(this.#waiting);
    this.#waiting = [];
    const path = this.#path;
    if (path === undefined || records.length === 0) return;
    await blaming(path, async () => {
      const handle = await open(path, "a");
      try {
        await handle.appendFile(records);
      } finally {
        await handle.close();
      }
    });
  }
}

async function readScores(handle: FileHandle, key: Uint8Array): Promise<Map<string, number>> {
  const known = new Map<string, number>();
  const bytes = await handle.readFile();
  if (!bytes.subarray(0, KEY_BYTES).equals(key)) {
    await handle.truncate(0);
    await handle.appendFile(key);
    return known;
  }
  const whole = bytes.length - ((bytes.length - KEY_BYTES) % RECORD_BYTES);
  if (whole < bytes.length) await handle.truncate(whole);
  for (let at = KEY_BYTES; at < whole; at += RECORD_BYTES) {
    known.set(bytes.toString("latin1", at, at + HASH_BYTES), bytes.readDoubleLE(at + HASH_BYTES));
  }
  return known;
}

/** Of all ids and the place where the completion begins. */
function hashOf({ inputs, targets, promptLength }: Completion): Buffer {
  const ids = Uint32Array.of(promptLength, ...inputs.slice(0, 1), ...targets);
  return createHash("sha256").update(ids).digest().subarray(0, HASH_BYTES);
}

async function blaming<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw writeError(path, error);
  }
}

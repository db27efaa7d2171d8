/**
 * The folder that replicas share, without a socket and without a clock: what counts is which names are there.
 *
 * | name                       |                                                                        |
 * | -------------------------- | ---------------------------------------------------------------------- |
 * | outer-K.safetensors        | weights and momenta after K outer steps                                |
 * | begun-K-R                  | replica R has started its inner steps from outer-K                     |
 * | change-K-R.safetensors     | start - end of these steps                                             |
 * | step-K.json                | the changes that make outer-(K+1)                                      |
 * | replica-R/                 | replica R alone writes here: its lock, and files before they have a name |
 *
 * A file gets its name complete, and the first of several wins, so no file ever changes.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileError } from "../../files/file.ts";
import { DIRECTORY_LOCK, type Lock, lockDirectory } from "../../files/locks/lock.ts";
import { nameFirst } from "../../files/locks/name-first.ts";
import { writeFile } from "../../files/output-file.ts";
import type { Shard } from "../../shards/shard.ts";

const NAMES = /^(outer|begun|change|step)-(\d{1,15})(?:-(\d{1,7}))?(?:\.safetensors|\.json)?$/;
type Kind = "outer" | "begun" | "change" | "step";

/** Outer states that stay: a replica that reads one is not overtaken by three steps. */
const KEPT = 3;

interface Entry {
  readonly kind: Kind;
  /** Number of outer steps. */
  readonly outer: number;
  /** From 1; 0 of a name without it. */
  readonly replica: number;
  readonly name: string;
}

export const outerName = (outer: number): string => `outer-${outer}.safetensors`;
export const listName = (outer: number): string => `step-${outer}.json`;
export const changeName = (outer: number, replica: number): string =>
  `change-${outer}-${replica}.safetensors`;

/** What is there at a moment. */
export class Contents {
  readonly #entries: readonly Entry[];

  constructor(entries: readonly Entry[]) {
    this.#entries = entries;
  }

  /** Number of the last outer state; undefined before the first. */
  get last(): number | undefined {
    const numbers = this.#entries.filter(({ kind }) => kind === "outer").map(({ outer }) => outer);
    return numbers.length === 0 ? undefined : numbers.reduce((a, b) => Math.max(a, b));
  }

  has(name: string): boolean {
    return this.#entries.some((entry) => entry.name === name);
  }

  /** Replicas in their order that have a file of a kind for an outer step. */
  replicas(of: "begun" | "change", outer: number): readonly number[] {
    const own = this.#entries.filter((entry) => entry.kind === of && entry.outer === outer);
    return own.map(({ replica }) => replica).sort((a, b) => a - b);
  }

  /** Names that no replica needs any more. */
  get outdated(): readonly string[] {
    const { last = 0 } = this;
    const isOld = ({ kind, outer }: Entry) => outer <= last - (kind === "change" ? 2 : KEPT);
    return this.#entries.filter(isOld).map(({ name }) => name);
  }
}

export class OuterFolder implements Disposable {
  readonly path: string;
  readonly #own: string;
  readonly #lock: Lock;

  private constructor(path: string, own: string, lock: Lock) {
    this.path = path;
    this.#own = own;
    this.#lock = lock;
  }

  /** @throws GptError `usage` if another process is this replica, and as `writeError` */
  static async open(path: string, place: Shard): Promise<OuterFolder> {
    const own = join(path, `replica-${place.index + 1}`);
    const lock = await lockDirectory(own);
    for (const name of await readdir(own)) {
      if (name !== DIRECTORY_LOCK) await unlink(join(own, name)).catch(() => {});
    }
    return new OuterFolder(path, own, lock);
  }

  place(name: string): string {
    return join(this.path, name);
  }

  /** @throws GptError `not-found` for a folder that is gone */
  async contents(): Promise<Contents> {
    const names = await readdir(this.path).catch((error) => {
      throw fileError(this.path, "read", error);
    });
    const entries = names.flatMap((name): Entry[] => {
      const [, kind, outer, replica = "0"] = NAMES.exec(name) ?? [];
      return kind ? [{ kind: kind as Kind, outer: Number(outer), replica: Number(replica), name }] : [];
    });
    return new Contents(entries);
  }

  /**
   * Writes a file and gives it its name, unless another process has been faster.
   *
   * @returns whether the file is this one. @throws GptError as `writeError`
   */
  async publish(name: string, write: (path: string) => Promise<void>): Promise<boolean> {
    if ((await this.contents()).has(name)) return false;
    const path = join(this.#own, name);
    await write(path);
    return await nameFirst(path, this.place(name));
  }

  /** Says that a replica starts from an outer state. */
  async begin(outer: number, replica: number): Promise<void> {
    await this.publish(`begun-${outer}-${replica}`, (path) => writeFile(path, ""));
  }

  async prune(): Promise<void> {
    const { outdated } = await this.contents();
    for (const name of outdated) await unlink(this.place(name)).catch(() => {});
  }

  [Symbol.dispose](): void {
    this.#lock[Symbol.dispose]();
  }
}

/** SHA-256 in hexadecimal digits. @throws GptError `not-found` for a file that is gone */
export async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash).catch((error) => {
    throw fileError(path, "read", error);
  });
  return hash.digest("hex");
}

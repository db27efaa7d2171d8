/** The description of a shard's file, kept while the file is written. */
import { completePart, describePart, type Part, type PartKind, refuseOtherPart } from "../shards/part.ts";
import { runName } from "./flags/shard-flags.ts";
import type { BatchInput } from "./terminal/line-input.ts";
import { ShardInput } from "./terminal/shard-input.ts";

export class PartRecord {
  readonly #part: Part;
  readonly #path: string;

  constructor(path: string, part: Part) {
    this.#path = path;
    this.#part = part;
  }

  /** @param resumed whether the file holds lines of an earlier run. @throws GptError as `refuseOtherPart` */
  begin(resumed: boolean): Promise<void> {
    return resumed ? refuseOtherPart(this.#path, this.#part) : describePart(this.#path, this.#part);
  }

  /** The file is complete. */
  end(): Promise<void> {
    return completePart(this.#path, this.#part);
  }
}

interface Shared {
  readonly verb: string;
  readonly kind: PartKind;
  readonly flags: object;
}

/** @param path of the file; undefined for standard output, which has no description. As the result */
export const partRecord = (
  { verb, kind, flags }: Shared,
  input: BatchInput,
  path: string | undefined,
): PartRecord | undefined =>
  path === undefined || !(input instanceof ShardInput)
    ? undefined
    : new PartRecord(path, {
        kind,
        shard: input.shard,
        block: input.block,
        run: runName(verb, flags, input.hash),
      });

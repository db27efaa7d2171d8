/** Data preparation that several processes share: the tokens of a block of the documents of a run. */
import { prepareShard } from "../../data/index.ts";
import { GptError } from "../../errors.ts";
import { lockDirectory } from "../../files/locks/lock.ts";
import { sweepTemporaries } from "../../files/output-file.ts";
import type { Shard } from "../../shards/shard.ts";
import { dialoguesOf } from "./data/dialogues.ts";
import { findData } from "./data/needs.ts";
import type { PreparationObserver } from "./observer.ts";
import { heldOutOf } from "./plan.ts";
import type { RunRequest } from "./request.ts";
import { copyTokenizer, openStart, readsSources } from "./starting-model.ts";

/** Tasks whose data are files of tokens. */
const TASKS: readonly string[] = ["generate", "fill-mask", "distill"];

interface ShardRun {
  readonly request: RunRequest;
  readonly shard: Shard;
  /** Gets the files of tokens, their descriptions, and a tokenizer that the request names. */
  readonly directory: string;
  readonly observer: Pick<PreparationObserver, "tokenized">;
  readonly signal: AbortSignal;
}

/** @throws GptError `usage` without a tokenizer and for data of another kind, and as `prepareShard` */
export async function tokenizeShard(given: ShardRun): Promise<void> {
  const { request, shard, directory, observer, signal } = given;
  const { task = "generate", init, tokenizer: named, template } = request;
  if (!TASKS.includes(task)) {
    throw new GptError("usage", `--shard: the data of --task ${task} is no text to tokenize: leave it out`);
  }
  using _ = await lockDirectory(directory);
  await sweepTemporaries(directory);
  const start = init === undefined ? undefined : await openStart(init);
  if (start && readsSources(start) && task === "generate") {
    throw new GptError(
      "usage",
      "--shard: an encoder-decoder learns from pairs, not from a text: leave it out",
    );
  }
  const tokenizer = start?.tokenizer ?? (named && (await copyTokenizer(named, directory)));
  if (!tokenizer) throw new GptError("usage", "--shard: with what tokens? --tokenizer or --init says it");
  const { train: sources, valid: validation } = await findData(request, undefined);
  const heldOut = heldOutOf(request);
  const options = {
    ...{ sources, validation, tokenizer, directory, signal },
    heldOut: heldOut.fraction > 0 ? heldOut : undefined,
    dialogues: await dialoguesOf({ template, start: start?.path, directory }, tokenizer),
    onProgress: (textBytes: number) => observer.tokenized(textBytes),
  };
  await prepareShard(options, shard);
}

/** The file of `gpt eval perplexity -o`: a journal with the scores of each window, and the result. */
import type { OtherScores, TokenScores } from "../../../../evaluate/perplexity/token-scores.ts";
import { sha256 } from "../../../../files/sha256.ts";
import { snakeCase } from "../../../../files/snake-case.ts";
import { type Block, blockOf, type Shard } from "../../../../shards/shard.ts";
import { runName } from "../../../flags/shard-flags.ts";
import { Journal } from "../../../journal.ts";
import { PartRecord } from "../../../part-record.ts";

interface ScoreFile extends AsyncDisposable {
  /** Scores of the first windows, from an earlier run. */
  readonly known: readonly TokenScores[];
  add(scores: TokenScores): Promise<void>;
  /** Keeps the result; a shard has none. */
  end(result: object): Promise<void>;
}

const nothing: ScoreFile = {
  known: [],
  add: async () => {},
  end: async () => {},
  [Symbol.asyncDispose]: async () => {},
};

interface Run {
  readonly models: readonly string[];
  readonly protocol: string;
  /** Their number. */
  readonly windows: number;
}

/**
 * @param shard whose windows the file holds
 * @param settings that the scores depend on
 * @throws GptError as `Journal.open`; `usage` for a file with another shard
 */
export async function openScoreFile(
  path: string | undefined,
  run: Run,
  texts: readonly string[],
  shard: Shard | undefined,
  settings: object,
): Promise<ScoreFile> {
  if (path === undefined) return nothing;
  const about = snakeCase({ perplexity: { ...run, texts: texts.map(sha256) } }) as object;
  const part = shard && partOf(path, shard, blockOf(shard, run.windows), about, settings);
  const journal = await Journal.open(path, about, scoresOf);
  await part?.begin(journal.known.length > 0);
  return {
    known: journal.known,
    add: ({ losses, other }) => journal.add({ losses, ...(other && { other: snakeCase(other) }) }),
    async end(result) {
      if (part === undefined) return await journal.add({ result: snakeCase(result) });
      await journal.flush();
      await part.end();
    },
    [Symbol.asyncDispose]: () => journal[Symbol.asyncDispose](),
  };
}

const partOf = (path: string, shard: Shard, block: Block, about: object, settings: object): PartRecord =>
  new PartRecord(path, {
    kind: "answers",
    shard,
    block,
    run: runName("eval", settings, sha256(JSON.stringify(about))),
  });

interface StoredScores {
  readonly losses?: readonly number[];
  readonly other?: Omit<OtherScores, "sameTop"> & { readonly same_top: number };
}

/** Undefined for the result of a complete run. */
function scoresOf({ losses, other }: StoredScores): TokenScores | undefined {
  if (losses === undefined || other === undefined) return losses && { losses };
  return {
    losses,
    other: { losses: other.losses, divergences: other.divergences, sameTop: other.same_top },
  };
}

/** The file of `gpt eval perplexity -o`: a journal with the scores of each window, and the result. */
import type { OtherScores, TokenScores } from "../../../../evaluate/perplexity/token-scores.ts";
import { sha256 } from "../../../../files/sha256.ts";
import { snakeCase } from "../../../../files/snake-case.ts";
import { Journal } from "../journal.ts";

interface ScoreFile extends AsyncDisposable {
  /** Scores of the first windows, from an earlier run. */
  readonly known: readonly TokenScores[];
  add(scores: TokenScores): Promise<void>;
  end(result: object): Promise<void>;
}

const nothing: ScoreFile = {
  known: [],
  add: async () => {},
  end: async () => {},
  [Symbol.asyncDispose]: async () => {},
};

/** @param facts of the run. @throws GptError as `Journal.open` */
export async function openScoreFile(
  path: string | undefined,
  facts: object,
  texts: readonly string[],
): Promise<ScoreFile> {
  if (path === undefined) return nothing;
  const about = snakeCase({ perplexity: { ...facts, texts: texts.map(sha256) } }) as object;
  const journal = await Journal.open(path, about, scoresOf);
  return {
    known: journal.known,
    add: ({ losses, other }) => journal.add({ losses, ...(other && { other: snakeCase(other) }) }),
    end: (result) => journal.add({ result: snakeCase(result) }),
    [Symbol.asyncDispose]: () => journal[Symbol.asyncDispose](),
  };
}

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

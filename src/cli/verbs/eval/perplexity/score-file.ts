/**
 * The file of `gpt eval perplexity -o`: a line about the run, a line for each window, and the result. A run
 * that was stopped reads what is there and goes on.
 */

import { appendFile, readFile, writeFile } from "node:fs/promises";
import { GptError } from "../../../../errors.ts";
import type { TokenScores } from "../../../../evaluate/perplexity/token-scores.ts";
import { sha256 } from "../../../../files/sha256.ts";
import { snakeCase } from "../../../../files/snake-case.ts";
import { placeError } from "../../../terminal/destination.ts";

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

/** Bytes that wait to be written. */
const BUFFER = 1 << 16;

/**
 * @param facts of the run: another run's file is refused
 * @throws GptError `usage` for a file of something else; `not-found` and `resource` for one that cannot be
 *   written
 */
export async function openScoreFile(
  path: string | undefined,
  facts: object,
  texts: readonly string[],
): Promise<ScoreFile> {
  if (path === undefined) return nothing;
  const head = JSON.stringify(snakeCase({ perplexity: { ...facts, texts: texts.map(sha256) } }));
  const lines = (await contentOf(path)).split("\n").slice(0, -1);
  if (lines.length > 0 && lines[0] !== head) {
    throw new GptError("usage", `${path}: holds something else, or another run: name a new file with -o`);
  }
  const known = lines.slice(1).flatMap(scoresOf);
  const kept = [head, ...lines.slice(1, 1 + known.length)].map((line) => `${line}\n`).join("");
  await guarded(path, () => writeFile(path, kept));
  let waiting = "";
  const flush = async () => {
    const text = waiting;
    waiting = "";
    if (text !== "") await guarded(path, () => appendFile(path, text));
  };
  return {
    known,
    async add({ losses, other }) {
      waiting += `${JSON.stringify({ losses, ...(other && { other: snakeCase(other) }) })}\n`;
      if (waiting.length > BUFFER) await flush();
    },
    async end(result) {
      waiting += `${JSON.stringify({ result: snakeCase(result) })}\n`;
      await flush();
    },
    [Symbol.asyncDispose]: flush,
  };
}

async function contentOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw placeError(path, error);
  }
}

/** Empty for the result of a complete run. */
function scoresOf(line: string): TokenScores[] {
  const { losses, other } = JSON.parse(line);
  if (losses === undefined) return [];
  if (other === undefined) return [{ losses }];
  return [
    { losses, other: { losses: other.losses, divergences: other.divergences, sameTop: other.same_top } },
  ];
}

async function guarded(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw placeError(path, error);
  }
}

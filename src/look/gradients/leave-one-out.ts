/** What a model says without each token: the score of the text, less that of the text without the token. */
import type { Model } from "../../engine/model.ts";
import { GptError } from "../../errors.ts";
import { type Grid, zeros } from "../grid.ts";
import { type Score, scoreBy } from "./score.ts";

/** Shapes: T positions. */
export interface LeaveOneOut {
  readonly ids: readonly number[];
  readonly score: Score;
  readonly value: number;
  /** With another id in the place of the token, [T]. */
  readonly replaced: Grid;
  readonly replacement: number;
  /** With the token taken out: later ones move up, and the last one of the shorter text decides, [T]. */
  readonly removed: Grid;
}

/** @param replacement the id in the place of a token */
export async function leaveOneOut(
  model: Model,
  ids: readonly number[],
  score: Score,
  replacement: number,
  signal?: AbortSignal,
): Promise<LeaveOneOut> {
  const { value, removed } = await removedOne(model, ids, score, signal);
  const replaced = await withoutEach(model, ids, score, value, (i) => ids.with(i, replacement), signal);
  return { ids, score, value, replaced, replacement, removed };
}

/**
 * Only the score, and what it loses with each token taken out.
 *
 * @throws GptError `usage` for a single token
 */
export async function removedOne(
  model: Model,
  ids: readonly number[],
  score: Score,
  signal?: AbortSignal,
): Promise<Pick<LeaveOneOut, "value" | "removed">> {
  if (ids.length < 2) throw new GptError("usage", "leave one out: a text of at least two tokens is needed");
  const value = await scoreOf(model, ids, score, signal);
  const removed = await withoutEach(model, ids, score, value, (i) => ids.toSpliced(i, 1), signal);
  return { value, removed };
}

/** Texts that share a pass over the weights. */
const TOGETHER = 8;

/** The score less that of each changed text, [T]. */
async function withoutEach(
  model: Model,
  ids: readonly number[],
  score: Score,
  value: number,
  changed: (position: number) => readonly number[],
  signal: AbortSignal | undefined,
): Promise<Grid> {
  const found = zeros(ids.length);
  for (let first = 0; first < ids.length; first += TOGETHER) {
    const positions = [...ids.keys()].slice(first, first + TOGETHER);
    const scores = await Promise.all(positions.map((i) => scoreOf(model, changed(i), score, signal)));
    for (const [k, other] of scores.entries()) found.values[first + k] = value - other;
  }
  return found;
}

async function scoreOf(
  model: Model,
  text: readonly number[],
  score: Score,
  signal: AbortSignal | undefined,
): Promise<number> {
  const session = model.createSession();
  try {
    return scoreBy(await session.append(text, { signal }), score);
  } finally {
    await session.close();
  }
}

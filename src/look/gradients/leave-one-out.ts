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
  if (ids.length < 2) throw new GptError("usage", "leave one out: a text of at least two tokens is needed");
  const scored = async (text: readonly number[]) => {
    const session = model.createSession();
    try {
      return scoreBy(await session.append(text, { signal }), score);
    } finally {
      await session.close();
    }
  };
  const value = await scored(ids);
  const [replaced, removed] = [zeros(ids.length), zeros(ids.length)];
  for (const [i] of ids.entries()) {
    const [other, shorter] = await Promise.all([
      scored(ids.with(i, replacement)),
      scored(ids.toSpliced(i, 1)),
    ]);
    replaced.values[i] = value - other;
    removed.values[i] = value - shorter;
  }
  return { ids, score, value, replaced, replacement, removed };
}

/**
 * How a grammar steers the choice of ids: what must follow is written without a choice, what may not follow is
 * taken out, and the grammar is closed while there is room.
 */
import { OptionError, optionNamed } from "../checks/option-error.ts";
import type { Cursor } from "./cursor.ts";

type Scores = Float32Array | Float64Array;

/** Choices that are refused at one place, because no room would be left, before the shortest way is taken. */
const MOST_REFUSED = 8;

/** Takes out the ids that may not follow. @param left ids that the text may still have */
export function narrow(scores: Scores, cursor: Cursor, ends: ReadonlySet<number>, left: number): void {
  const { constraint } = cursor;
  if (constraint === undefined) return;
  const way = lastWay(cursor, left);
  if (way === undefined) constraint.narrow(scores, ends);
  else leaveOnly(scores, way);
}

/** Whether the text can still end well with this many more ids. */
export const canClose = (cursor: Cursor, left: number): boolean =>
  cursor.complete || cursor.constraint === undefined || cursor.constraint.closesWithin(left);

/** @throws GptError `usage` if the shortest text of the grammar has more ids */
export function checkRoom(cursor: Cursor, left: number): void {
  if (canClose(cursor, left)) return;
  const least = cursor.constraint?.closing?.length;
  throw new OptionError(
    "usage",
    `the shortest text that the grammar allows has ${least} tokens, and there is room for ${left}: raise ${optionNamed("maxTokens")}`,
  );
}

/** The id that must be chosen now, because the shortest way to the end takes all ids that are left. */
function lastWay(cursor: Cursor, left: number): number | undefined {
  if (canClose(cursor, left - 1)) return undefined;
  const closing = cursor.constraint?.closing ?? [];
  return closing.length <= left ? closing[0] : undefined;
}

function leaveOnly(scores: Scores, id: number): void {
  const score = scores[id] ?? 0;
  scores.fill(Number.NEGATIVE_INFINITY);
  scores[id] = score;
}

/** For one text that grows. */
export class Guide {
  /** Ids that must follow. */
  #waiting: readonly number[] = [];
  #refused = 0;
  #closed = false;

  /** Whether the grammar was closed because no room was left. */
  get closed(): boolean {
    return this.#closed;
  }

  /** The id that follows whatever the model says, with the cursor after it. */
  written(cursor: Cursor, left: number): { readonly id: number; readonly next: Cursor } | undefined {
    const { constraint } = cursor;
    if (constraint === undefined) return undefined;
    const way = lastWay(cursor, left);
    if (way !== undefined) this.#closed = true;
    if (this.#waiting.length === 0) this.#waiting = constraint.forced;
    const [id, ...waiting] = way === undefined ? this.#waiting : [way];
    const next = id === undefined ? undefined : cursor.after(id);
    const isSafe = next !== undefined && canClose(next, left - 1);
    this.#waiting = isSafe ? waiting : [];
    return id !== undefined && isSafe ? { id, next } : undefined;
  }

  /** Whether an id leaves room to close the grammar. After some refusals only the shortest way stays. */
  admits(scores: Scores, cursor: Cursor, next: Cursor, left: number): boolean {
    if (canClose(next, left - 1)) {
      this.#refused = 0;
      return true;
    }
    if (++this.#refused < MOST_REFUSED) return false;
    this.#refused = 0;
    const way = cursor.constraint?.closing?.[0];
    if (way === undefined) return true;
    leaveOnly(scores, way);
    this.#closed = true;
    return false;
  }
}

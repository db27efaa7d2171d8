/**
 * State of the rules of a text - stop texts, bans - after some ids: which ids may follow, and whether the
 * text ends.
 */

import type { ConstraintPosition } from "../constrain/position.ts";

/** Immutable: beams that share a beginning share its cursor, and each goes on from there. */
export interface Cursor {
  /** The state after one more id; undefined if the id may not follow. */
  after(id: number): Cursor | undefined;
  /** Whether the text ends here, without an end-of-text id. */
  readonly complete: boolean;
  /** Where the text stands in the grammar that it keeps. */
  readonly constraint?: ConstraintPosition;
}

/** No rules: every id may follow, and no text ends. */
export const anything: Cursor = { after: () => anything, complete: false };

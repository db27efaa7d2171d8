/** The rules of a text beside a grammar that it keeps: an id must be allowed by both. */
import type { ConstraintPosition } from "../../constrain/position.ts";
import type { Cursor } from "../../generate/cursor.ts";

export class ConstrainedCursor implements Cursor {
  readonly constraint: ConstraintPosition;
  readonly #rules: Cursor;

  constructor(rules: Cursor, constraint: ConstraintPosition) {
    this.#rules = rules;
    this.constraint = constraint;
  }

  get complete(): boolean {
    return this.constraint.complete || this.#rules.complete;
  }

  after(id: number): ConstrainedCursor | undefined {
    const rules = this.#rules.after(id);
    if (rules === undefined) return undefined;
    const constraint = this.constraint.after(id);
    if (constraint !== undefined) return new ConstrainedCursor(rules, constraint);
    // A control token that is a stop text.
    return rules.complete && this.constraint.mayEnd
      ? new ConstrainedCursor(rules, this.constraint)
      : undefined;
  }
}

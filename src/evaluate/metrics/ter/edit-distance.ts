/**
 * The number of words to insert, delete and replace between a hypothesis and a reference, as Tercom counts
 * it: only cells near the diagonal of the table are computed, and ties have an order. Rows of the same first
 * words are computed once.
 */

/** Cells to each side of the diagonal. */
const BEAM = 25;
/** More than any number of edits. A cell outside the beam has it. */
const UNREACHED = 1e9;

/** What leads to a cell: nothing, an equal word, a replaced one, one of the reference, of the hypothesis. */
export const steps = { none: 0, equal: 1, replaced: 2, inserted: 3, deleted: 4 } as const;

interface Row {
  readonly edits: Int32Array;
  readonly steps: Uint8Array;
}

/** Words are numbers: equal words have the same one. */
export type Words = readonly number[];

export class EditTable {
  readonly #reference: Words;
  readonly #words: Words;
  readonly #rows: readonly Row[];

  private constructor(reference: Words, words: Words, rows: readonly Row[]) {
    this.#reference = reference;
    this.#words = words;
    this.#rows = rows;
  }

  static of(words: Words, reference: Words): EditTable {
    const first: Row = {
      edits: Int32Array.from({ length: reference.length + 1 }, (_, j) => j),
      steps: new Uint8Array(reference.length + 1).fill(steps.inserted),
    };
    return EditTable.#continued(reference, words, [first]);
  }

  /** The table of other words of the same number, of which the first `same` are equal. */
  with(words: Words, same: number): EditTable {
    return EditTable.#continued(this.#reference, words, this.#rows.slice(0, same + 1));
  }

  static #continued(reference: Words, words: Words, known: readonly Row[]): EditTable {
    const rows = [...known];
    const slope = words.length > 0 ? reference.length / words.length : 1;
    const beam = BEAM < slope / 2 ? Math.ceil(slope / 2 + BEAM) : BEAM;
    for (let i = rows.length; i <= words.length; i++) {
      const diagonal = Math.floor(i * slope);
      const begin = Math.max(0, diagonal - beam);
      const end = i === words.length ? reference.length + 1 : Math.min(reference.length + 1, diagonal + beam);
      rows.push(nextRow(rows[i - 1] as Row, words[i - 1] as number, reference, begin, end));
    }
    return new EditTable(reference, words, rows);
  }

  get edits(): number {
    return this.#rows[this.#words.length]?.edits[this.#reference.length] as number;
  }

  /** The steps of the last cell's path, from its start. */
  path(): number[] {
    const path: number[] = [];
    for (let [i, j] = [this.#words.length, this.#reference.length]; i > 0 || j > 0; ) {
      const step = this.#rows[i]?.steps[j] as number;
      path.push(step);
      if (step !== steps.inserted) i--;
      if (step !== steps.deleted) j--;
    }
    return path.reverse();
  }
}

/** Of equal numbers of edits the diagonal comes first, then a deleted word, then an inserted one. */
function nextRow(above: Row, word: number, reference: Words, begin: number, end: number): Row {
  const edits = new Int32Array(reference.length + 1).fill(UNREACHED);
  const taken = new Uint8Array(reference.length + 1);
  for (let j = begin; j < end; j++) {
    let fewest = UNREACHED;
    let step: number = steps.none;
    if (j > 0) {
      const isEqual = word === reference[j - 1];
      const diagonal = (above.edits[j - 1] as number) + (isEqual ? 0 : 1);
      if (diagonal < fewest) [fewest, step] = [diagonal, isEqual ? steps.equal : steps.replaced];
    }
    const deleted = (above.edits[j] as number) + 1;
    if (deleted < fewest || j === 0) [fewest, step] = [deleted, steps.deleted];
    const inserted = j > 0 ? (edits[j - 1] as number) + 1 : UNREACHED;
    if (inserted < fewest) [fewest, step] = [inserted, steps.inserted];
    edits[j] = fewest;
    taken[j] = step;
  }
  return { edits, steps: taken };
}

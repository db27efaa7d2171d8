/** Kinds of characters: two characters are of one kind if the same atoms of a pattern match them. */

/**
 * Stands for the character before the start and after the end of a text. No atom but `EDGE_ATOM` matches it.
 */
export const EDGE = 0x110000;
/** Matches `EDGE` and no character. */
export const EDGE_ATOM = "";

/** A pattern needs more kinds of characters, or more states, than an automaton has room for. */
export class TooMany extends Error {}

export class CharacterKinds {
  /** The kind of each character that was met, else 0. */
  readonly table: Uint8Array | Uint16Array;
  readonly #atoms: readonly RegExp[];
  readonly #most: number;
  /** The atoms that match the characters of each kind. No character is of the first kind. */
  readonly #atomsOf: ReadonlySet<number>[] = [new Set()];
  readonly #kindOf = new Map<string, number>();

  /** @param most a bound on the number of kinds: `add` throws TooMany beyond it */
  constructor(atoms: readonly RegExp[], most: number) {
    this.#atoms = atoms;
    this.#most = most;
    this.table = most <= 2 ** 8 ? new Uint8Array(EDGE + 1) : new Uint16Array(EDGE + 1);
  }

  /** The kind of a character that `table` does not have yet. */
  add(code: number): number {
    const character = code === EDGE ? "" : String.fromCodePoint(code);
    const atoms = this.#atoms.flatMap((atom, index) => (atom.test(character) ? index : []));
    const key = atoms.join();
    const kind = this.#kindOf.get(key) ?? this.#atomsOf.length;
    if (kind === this.#most) throw new TooMany(`more than ${this.#most} kinds of characters`);
    this.#kindOf.set(key, kind);
    this.#atomsOf[kind] = new Set(atoms);
    this.table[code] = kind;
    return kind;
  }

  /** The atoms that match the characters of a kind. */
  atoms(kind: number): ReadonlySet<number> {
    return this.#atomsOf[kind] ?? new Set();
  }
}

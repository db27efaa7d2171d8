/** How often a part comes, as regular expressions and GBNF write it behind the part: `*`, `+`, `?`, `{2,5}`. */

export interface Repetition {
  readonly least: number;
  /** May be Infinity. */
  readonly most: number;
  /** Characters of the notation. */
  readonly length: number;
}

/** No bound of a repetition is larger. */
export const MOST_TIMES = 65_536;

const MARKS: ReadonlyMap<string, readonly [number, number]> = new Map([
  ["*", [0, Infinity]],
  ["+", [1, Infinity]],
  ["?", [0, 1]],
]);

/**
 * The repetition that begins at a place of a text; undefined if none does.
 *
 * @param counted a sticky pattern of counts in braces: its groups are the least, a comma, and the most
 */
export function repetitionAt(text: string, at: number, counted: RegExp): Repetition | undefined {
  const [least, most] = MARKS.get(text.charAt(at)) ?? [];
  if (least !== undefined && most !== undefined) return { least, most, length: 1 };
  counted.lastIndex = at;
  const [all, from, comma, to] = counted.exec(text) ?? [];
  if (all === undefined) return undefined;
  const end = to ? Number(to) : comma ? Infinity : Number(from);
  return { least: Number(from), most: end, length: all.length };
}

/** The larger bound, of which machines keep count. */
export const timesOf = ({ least, most }: Repetition): number =>
  Math.max(least, Number.isFinite(most) ? most : 0);

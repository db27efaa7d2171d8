/** Sets of characters as sorted ranges of code points. Surrogates are no characters. */

/** First and last member of each range; ranges neither touch nor overlap. */
export type CodePoints = readonly (readonly [first: number, last: number])[];

/** Every character. */
export const everyCharacter: CodePoints = [
  [0, 0xd7ff],
  [0xe000, 0x10ffff],
];

/** The set of all members of some ranges, in any order. Surrogates are left out. */
export function codePoints(ranges: Iterable<readonly [first: number, last: number]>): CodePoints {
  const sorted = [...ranges]
    .flatMap(([first, last]) =>
      everyCharacter.map(([from, to]) => [Math.max(first, from), Math.min(last, to)] as const),
    )
    .filter(([first, last]) => first <= last)
    .sort(([a], [b]) => a - b);
  const merged: [number, number][] = [];
  for (const [first, last] of sorted) {
    const before = merged.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

/** All characters that are not in a set. */
export function complement(set: CodePoints): CodePoints {
  const ranges: [number, number][] = [];
  let from = 0;
  for (const [first, last] of set) {
    ranges.push([from, first - 1]);
    from = last + 1;
  }
  ranges.push([from, 0x10ffff]);
  return codePoints(ranges);
}

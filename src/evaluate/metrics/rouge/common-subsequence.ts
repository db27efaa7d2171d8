/** The longest common subsequence of two lists of words. */

/**
 * Places in `a` of the words of the subsequence, from the last to the first. Of several it is the one that a
 * walk back through the table of lengths finds which leaves out words of `a` first.
 */
export function commonPlaces(a: readonly string[], b: readonly string[]): number[] {
  const width = b.length + 1;
  const lengths = lengthsOf(a, b);
  const places: number[] = [];
  for (let [i, j] = [a.length, b.length]; i > 0 && j > 0; ) {
    if (a[i - 1] === b[j - 1]) {
      places.push(i - 1);
      i--;
      j--;
    } else if ((lengths[i * width + j - 1] as number) > (lengths[(i - 1) * width + j] as number)) j--;
    else i--;
  }
  return places;
}

/** Length of the subsequence of the first i words of `a` and the first j of `b`: [a + 1, b + 1]. */
function lengthsOf(a: readonly string[], b: readonly string[]): Uint32Array {
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const at = i * width + j;
      lengths[at] =
        a[i - 1] === b[j - 1]
          ? (lengths[at - width - 1] as number) + 1
          : Math.max(lengths[at - width] as number, lengths[at - 1] as number);
    }
  }
  return lengths;
}

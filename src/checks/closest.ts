/** "Did you mean": the known words nearest to a typed one. */

/** Typing errors that a word may have: one in three letters, and at least one. */
const tolerance = (word: string): number => Math.max(1, Math.floor(word.replace(/^-+/, "").length / 3));

/** The candidate nearest to `typed`, the first among equals; undefined if none is near. */
export function closest(typed: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = tolerance(typed) + 1;
  for (const candidate of candidates) {
    const abbreviated = typed.length >= 3 && candidate.startsWith(typed);
    const distance = abbreviated ? 1 : editDistance(typed, candidate);
    if (distance >= bestDistance) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}

/**
 * All words that begin with the same letters, such as gemma2 and gemma3 for gemma5; else the nearest word.
 */
export function related(typed: string, candidates: readonly string[]): readonly string[] {
  const [letters = ""] = /^[a-z]{3,}/.exec(typed) ?? [];
  const alike = letters === "" ? [] : candidates.filter((candidate) => candidate.startsWith(letters));
  return alike.length > 0 ? alike : [closest(typed, candidates) ?? []].flat();
}

/**
 * Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other (Damerau
 * 1964).
 */
function editDistance(from: string, to: string): number {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const substitution = at(row, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const swapped = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swap = swapped ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(substitution, swap, at(row, j) + 1, at(next, j - 1) + 1));
    }
    [before, row] = [row, next];
  }
  return at(row, to.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY;

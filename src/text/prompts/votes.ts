/**
 * Self-consistency (Wang et al. 2022, "Self-Consistency Improves Chain of Thought Reasoning in Language
 * Models"): of several sampled answers the most frequent one wins.
 */

export interface Vote {
  readonly answer: string;
  readonly count: number;
}

/** What a person would take for the answer, from the surest sign to the least. */
const SIGNS: readonly RegExp[] = [
  /####\s*([^\n]+)/g,
  /\banswer(?: is|:)\s*:?\s*([^\n]+?)(?:\.(?=\s|$)|\n|$)/gi,
];
const NUMBERS = /-?\$?\d[\d,]*(?:\.\d+)?/g;

/**
 * The normalized answer of a text: what a pattern finds last, its first group if it has one. Without a
 * pattern it is what follows `####` or `answer is`, else the last number, else the first line.
 *
 * @param pattern with the flag g
 * @returns undefined for a text without an answer
 */
export function answerOf(text: string, pattern?: RegExp): string | undefined {
  const found = pattern === undefined ? usualAnswer(text) : lastOf(text, pattern);
  const answer = found === undefined ? "" : normalized(found);
  return answer === "" ? undefined : answer;
}

function usualAnswer(text: string): string | undefined {
  const signed = SIGNS.map((sign) => lastOf(text, sign)).find((found) => found !== undefined);
  return signed ?? lastOf(text, NUMBERS) ?? text.trim().split("\n")[0];
}

function lastOf(text: string, pattern: RegExp): string | undefined {
  const match = [...text.matchAll(pattern)].at(-1);
  return match === undefined ? undefined : (match[1] ?? match[0]);
}

/** Without blanks, marks and capital letters at which answers differ only by chance; 1,200.50 is 1200.5. */
function normalized(answer: string): string {
  const plain = answer
    .trim()
    .toLowerCase()
    .replace(/\s+/g, " ")
    .replace(/^["'(*]+|["').,;:!?*]+$/g, "");
  const digits = plain.replace(/^(-?)\$/, "$1").replace(/,(?=\d{3})/g, "");
  return /^-?\d+(\.\d+)?$/.test(digits) && Number.isSafeInteger(Math.trunc(Number(digits)))
    ? String(Number(digits))
    : plain;
}

/** Answers by their counts, the most frequent first; of equally frequent ones the one that came first. */
export function countVotes(answers: readonly (string | undefined)[]): Vote[] {
  const counts = new Map<string, number>();
  for (const answer of answers) {
    if (answer !== undefined) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  }
  return [...counts].map(([answer, count]) => ({ answer, count })).sort((a, b) => b.count - a.count);
}

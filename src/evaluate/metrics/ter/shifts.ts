/**
 * Shifts of TER: words of the hypothesis that stand elsewhere in the reference move there, as one edit. They
 * are searched greedily, with the limits and the order of Tercom.
 */
import { EditTable, steps, type Words } from "./edit-distance.ts";

/** Words of a shift, at most. */
const MAX_SIZE = 10;
/** Words between both places, at most. */
const MAX_DISTANCE = 50;
/** Shifts that are tried for one pair of texts. */
const MAX_CANDIDATES = 1000;

interface Shift {
  readonly gain: number;
  readonly table: EditTable;
  readonly words: Words;
}

/** The number of shifts and other edits that turn the hypothesis into the reference. */
export function countEdits(hypothesis: Words, reference: Words): number {
  if (reference.length === 0) return hypothesis.length;
  let words = hypothesis;
  let table = EditTable.of(words, reference);
  const tried = { count: 0 };
  let shifts = 0;
  for (;;) {
    const shift = bestShift(words, reference, table, tried);
    if (tried.count >= MAX_CANDIDATES || shift === undefined || shift.gain <= 0) break;
    ({ words, table } = shift);
    shifts++;
  }
  return shifts + table.edits;
}

/**
 * The shift that saves the most edits; of several the longest, the one from the earliest place, the one to
 * the earliest place. Neither the words nor what they move to may be right already.
 */
function bestShift(
  words: Words,
  reference: Words,
  table: EditTable,
  tried: { count: number },
): Shift | undefined {
  const alignment = aligned(table.path());
  let best: (Shift & { readonly rank: readonly number[] }) | undefined;
  for (const [start, target, length] of equalRuns(words, reference)) {
    if (!alignment.isWrong(start, length) || !alignment.isMissed(target, length)) continue;
    const now = alignment.places[target] as number;
    if (now >= start && now < start + length) continue;
    for (const place of alignment.placesFor(target, length)) {
      const shifted = move(words, start, length, place);
      const moved = table.with(shifted, Math.min(start, place));
      const gain = table.edits - moved.edits;
      const rank = [gain, length, -start, -place];
      tried.count++;
      if (best === undefined || isHigher(rank, best.rank))
        best = { gain, table: moved, words: shifted, rank };
    }
    if (tried.count >= MAX_CANDIDATES) break;
  }
  return best;
}

function isHigher(a: readonly number[], b: readonly number[]): boolean {
  const i = a.findIndex((value, i) => value !== b[i]);
  return i >= 0 && (a[i] as number) > (b[i] as number);
}

/** Runs of equal words: [place in the hypothesis, place in the reference, words]. */
function* equalRuns(words: Words, reference: Words): Generator<readonly [number, number, number]> {
  for (let i = 0; i < words.length; i++) {
    const end = Math.min(reference.length, i + MAX_DISTANCE + 1);
    for (let j = Math.max(0, i - MAX_DISTANCE); j < end; j++) {
      const most = Math.min(MAX_SIZE, words.length - i, reference.length - j);
      for (let k = 0; k < most && words[i + k] === reference[j + k]; k++) yield [i, j, k + 1];
    }
  }
}

/** Moves words before the word at `place`, a place within the words themselves counting behind them. */
function move(words: Words, start: number, length: number, place: number): Words {
  const run = words.slice(start, start + length);
  const others = [...words.slice(0, start), ...words.slice(start + length)];
  const at = place < start ? place : place > start + length ? place - length : place;
  return [...others.slice(0, at), ...run, ...others.slice(at)];
}

interface Alignment {
  /** The place of each word of the reference in the hypothesis: the last word before it if it has none. */
  readonly places: readonly number[];
  /** Whether any of some words of the hypothesis is wrong, or any of the reference is not met. */
  isWrong(start: number, length: number): boolean;
  isMissed(start: number, length: number): boolean;
  /** Places in the hypothesis before which words for the place `target` of the reference may stand. */
  placesFor(target: number, length: number): readonly number[];
}

function aligned(path: readonly number[]): Alignment {
  const [places, wrong, missed]: [number[], boolean[], boolean[]] = [[], [], []];
  let place = -1;
  for (const step of path) {
    const isEqual = step === steps.equal;
    if (step !== steps.inserted) {
      place++;
      wrong.push(!isEqual);
    }
    if (step !== steps.deleted) {
      places.push(place);
      missed.push(!isEqual);
    }
  }
  return {
    places,
    isWrong: (start, length) => wrong.slice(start, start + length).includes(true),
    isMissed: (start, length) => missed.slice(start, start + length).includes(true),
    placesFor(target, length) {
      const found = places.slice(Math.max(0, target - 1), target + length).map((before) => before + 1);
      const all = target === 0 ? [0, ...found] : found;
      return all.filter((before, i) => before !== all[i - 1]);
    },
  };
}

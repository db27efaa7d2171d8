/**
 * Masks for the training of encoders (Devlin et al. 2018, section 3.1): 15% of the tokens are to be
 * predicted. Of these 80% become the mask, 10% any token of the vocabulary, and 10% stay as they are.
 */
import { Random } from "../generate/sampling/random.ts";
import { IGNORED_LABEL, type Window } from "./windows.ts";

const PREDICTED = 0.15;
const MASKED = 0.8;
const REPLACED = 0.9;

/** It tells the sequences of masks from those of other draws with the same seed. */
const MASKS = 0x6d61736b;

export interface Masking {
  readonly maskId: number;
  readonly vocabSize: number;
  /** Special tokens are not predicted. */
  readonly isSpecial: (id: number) => boolean;
}

/**
 * The window with masks, a function of these numbers alone. Its labels are the ids to predict, at least one
 * if a token can be predicted, and `IGNORED_LABEL` elsewhere.
 *
 * @param seed unsigned 32-bit integer
 * @param number of the window
 */
export function maskWindow(
  { ids, labels }: Window,
  { maskId, vocabSize, isSpecial }: Masking,
  seed: number,
  number: number,
): Window {
  const random = new Random((seed ^ MASKS) >>> 0, number);
  const isOpen = (place: number) => labels[place] !== IGNORED_LABEL && !isSpecial(ids[place] as number);
  const open = ids.flatMap((_, place) => (isOpen(place) ? [place] : []));
  const drawn = open.filter(() => random.uniform() < PREDICTED);
  const predicted = new Set(drawn.length > 0 ? drawn : open.slice(0, 1));
  const replaced = (id: number) => {
    const share = random.uniform();
    if (share < MASKED) return maskId;
    return share < REPLACED ? Math.floor(random.uniform() * vocabSize) : id;
  };
  return {
    ids: ids.map((id, place) => (predicted.has(place) ? replaced(id) : id)),
    labels: ids.map((id, place) => (predicted.has(place) ? id : IGNORED_LABEL)),
  };
}

/** What a model is trained on: sequences of token ids, and which of them it is to predict. */
import { NO_TARGET } from "../compute/gradient-ops.ts";
import { IGNORED_LABEL } from "../data/windows.ts";
import { GptError } from "../errors.ts";
import { quote } from "../files/quote.ts";

/**
 * T + 1 token ids, of which the first T are read and the last T predicted. With `labels`, as many as ids, only those are predicted
 * whose label is the id and not -100.
 */
export type Example =
  | readonly number[]
  | { readonly ids: readonly number[]; readonly labels: readonly number[] };

/** A sequence as the decoder and the loss read it. */
export interface Sequence {
  readonly inputs: readonly number[];
  /** Of each input: the id that follows, or NO_TARGET. */
  readonly targets: readonly number[];
}

/** @throws GptError `usage` naming the first example that is wrong */
export function toSequences(
  batch: readonly Example[],
  vocabSize: number,
  contextSize: number,
): readonly Sequence[] {
  if (batch.length === 0) throw new GptError("usage", "a batch needs at least one example");
  return batch.map((example, row) => {
    const fail = (problem: string) => new GptError("usage", `batch[${row}]: ${problem}`);
    const { ids, labels } = "ids" in example ? example : { ids: example, labels: example };
    if (ids.length < 2) throw fail(`${ids.length} token ids: at least 2 are expected`);
    if (ids.length > contextSize + 1) {
      throw fail(`${ids.length} token ids: this model takes at most ${contextSize + 1}`);
    }
    if (labels.length !== ids.length) throw fail(`${labels.length} labels for ${ids.length} token ids`);
    const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
    if (wrong !== undefined) throw fail(`token id ${wrong}: the vocabulary is 0 to ${vocabSize - 1}`);
    const stray = labels.find((label, i) => label !== ids[i] && label !== IGNORED_LABEL);
    if (stray !== undefined)
      throw fail(`label ${quote(stray)}: the id beside it or ${IGNORED_LABEL} is expected`);
    return {
      inputs: ids.slice(0, -1),
      targets: labels.slice(1).map((label) => (label === IGNORED_LABEL ? NO_TARGET : label)),
    };
  });
}

/** How many ids are predicted. */
export const countTargets = (sequences: readonly Sequence[]): number =>
  sequences.reduce((sum, { targets }) => sum + targets.filter((target) => target !== NO_TARGET).length, 0);

/** Sequences in their order, as many together as have at most `tokens` inputs; a longer one is alone. */
export function microBatches(sequences: readonly Sequence[], tokens: number): Sequence[][] {
  const groups: Sequence[][] = [];
  let room = 0;
  for (const sequence of sequences) {
    const length = sequence.inputs.length;
    if (length > room) {
      groups.push([]);
      room = tokens;
    }
    groups.at(-1)?.push(sequence);
    room -= length;
  }
  return groups;
}

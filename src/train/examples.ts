/** What a model is trained on: sequences of token ids, and which of them, or which class, it is to predict. */

import { checkValue, objectRule, show } from "../checks/rules.ts";
import { NO_TARGET } from "../compute/training/gradient-ops.ts";
import { IGNORED_LABEL } from "../data/windows.ts";
import { GptError } from "../errors.ts";
import { quote } from "../files/quote.ts";
import type { DecoderConfig } from "../model/config.ts";

/**
 * T + 1 token ids, of which the first T are read and the last T predicted. With `labels`, as many as ids, only those are predicted
 * whose label is the id and not -100. A classifier reads all T ids and predicts their class.
 */
export type Example = readonly number[] | MarkedExample | ClassExample;

export interface MarkedExample {
  readonly ids: readonly number[];
  readonly labels: readonly number[];
}

export interface ClassExample {
  readonly ids: readonly number[];
  /** The name of the class. */
  readonly label: string;
}

/** A sequence as the decoder and the loss read it. */
export interface Sequence {
  readonly inputs: readonly number[];
  /** Of each input: the id that follows, or NO_TARGET. */
  readonly targets: readonly number[];
  /** Of all of them: the number of their class. */
  readonly label?: number;
}

type Fail = (problem: string) => GptError;

/** @throws GptError `usage` naming the first example that is wrong */
export function toSequences(
  batch: readonly Example[],
  { vocabSize, head }: Pick<DecoderConfig, "vocabSize" | "head">,
  contextSize: number,
): readonly Sequence[] {
  checkValue("batch", batch, { expected: "a list of examples", holds: Array.isArray });
  if (batch.length === 0) throw new GptError("usage", "a batch needs at least one example");
  const labels = head.kind === "classes" ? head.labels : undefined;
  const beyond = labels ? 0 : 1; // the id that is predicted, but not read
  return batch.map((example, row) => {
    const fail = (problem: string) => new GptError("usage", `batch[${row}]: ${problem}`);
    const ids = objectRule.holds(example) && "ids" in example ? example.ids : example;
    if (!isList(ids)) throw fail(`expected a list of token ids, or an object with ids, found ${show(ids)}`);
    const [least, most] = [1 + beyond, contextSize + beyond];
    if (ids.length < least) throw fail(`${ids.length} token ids: at least ${least} are expected`);
    if (ids.length > most) throw fail(`${ids.length} token ids: this model takes at most ${most}`);
    const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
    if (wrong !== undefined) throw fail(`token id ${wrong}: the vocabulary is 0 to ${vocabSize - 1}`);
    return labels ? ofClass(ids, example, labels, fail) : ofTokens(ids, example, fail);
  });
}

function ofTokens(ids: readonly number[], example: Example, fail: Fail): Sequence {
  if ("label" in example) throw fail("has a label, but this model is no classifier");
  const labels = "labels" in example ? example.labels : ids;
  if (!isList(labels)) throw fail(`labels: expected a list, found ${show(labels)}`);
  if (labels.length !== ids.length) throw fail(`${labels.length} labels for ${ids.length} token ids`);
  const stray = labels.find((label, i) => label !== ids[i] && label !== IGNORED_LABEL);
  if (stray !== undefined)
    throw fail(`label ${quote(stray)}: the id beside it or ${IGNORED_LABEL} is expected`);
  return {
    inputs: ids.slice(0, -1),
    targets: labels.slice(1).map((label) => (label === IGNORED_LABEL ? NO_TARGET : label)),
  };
}

function ofClass(ids: readonly number[], example: Example, classes: readonly string[], fail: Fail): Sequence {
  const label = "label" in example ? example.label : undefined;
  const number = label === undefined ? -1 : classes.indexOf(label);
  if (number < 0) throw fail(`label ${quote(label)}: a class is expected, such as ${quote(classes[0])}`);
  return { inputs: ids.slice(), targets: [...ids.slice(1), NO_TARGET], label: number };
}

const isList = (value: unknown): value is readonly number[] =>
  Array.isArray(value) || ArrayBuffer.isView(value);

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

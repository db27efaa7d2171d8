/** Training examples as a caller gives them -> sequences as the decoder and the objectives read them. */
import { checkValue, objectRule, show } from "../checks/rules.ts";
import { NO_TARGET } from "../compute/kernels/table.ts";
import { GptError } from "../errors.ts";
import type { DecoderConfig } from "../model/config.ts";

/**
 * Token ids, of which all but the last are inputs and all but the first targets. With `labels`, one for each
 * id, only ids whose label is the id and not -100 are targets. A classifier reads all ids and predicts their
 * class. An encoder that fills masks reads all ids too; its labels are the ids before the masks, and -100
 * elsewhere. Preferences have a prompt with completions (`completions.ts`).
 */
export type Example =
  | readonly number[]
  | MarkedExample
  | ClassExample
  | SourceExample
  | PreferenceExample
  | JudgedExample
  | RewardedExample
  | RolloutExample;

export interface MarkedExample {
  readonly ids: readonly number[];
  readonly labels: readonly number[];
}

export interface ClassExample {
  readonly ids: readonly number[];
  /** The name of the class. */
  readonly label: string;
  /** Of a pair: which text each id belongs to, 0 or 1. Default: all to the first. */
  readonly typeIds?: readonly number[] | undefined;
}

/** What an encoder-decoder reads, and the ids that it learns to write then. */
export interface SourceExample {
  readonly source: readonly number[];
  readonly ids: readonly number[];
  /** What the decoder starts from, such as the token of a language. Default: the model's. */
  readonly startId?: number | undefined;
}

/** Two completions of a prompt, of which one was preferred. */
export interface PreferenceExample {
  readonly prompt: readonly number[];
  readonly chosen: readonly number[];
  readonly rejected: readonly number[];
  /** Of a reward model: how much better the chosen one is. */
  readonly margin?: number | undefined;
  /** Log-probabilities of the completions under the reference, if they are known. */
  readonly refChosenLogp?: number | undefined;
  readonly refRejectedLogp?: number | undefined;
}

/** A completion of a prompt, and whether it is wanted. */
export interface JudgedExample {
  readonly prompt: readonly number[];
  readonly completion: readonly number[];
  readonly label: boolean;
  readonly refLogp?: number | undefined;
}

/** A completion that was sampled, with its reward. Those of one prompt are neighbours. */
export interface RewardedExample {
  readonly prompt: readonly number[];
  readonly completion: readonly number[];
  readonly reward: number;
  /** Log-probability of each id when it was sampled. Default: that of the model before the update. */
  readonly oldLogprobs?: readonly number[] | undefined;
  readonly refLogprobs?: readonly number[] | undefined;
}

/**
 * A response that was sampled, with its score, and what is needed to tell how much better it was than
 * expected.
 */
export interface RolloutExample {
  readonly prompt: readonly number[];
  readonly response: readonly number[];
  /** Log-probability of each id when it was sampled, and under the reference. */
  readonly logprobs: readonly number[];
  readonly refLogprobs: readonly number[];
  /** Value of the state before each id. */
  readonly values: readonly number[];
  readonly score: number;
  /** Of each id, instead of those that are estimated from the batch. */
  readonly advantages?: readonly number[] | undefined;
  readonly returns?: readonly number[] | undefined;
}

export interface Sequence {
  readonly inputs: readonly number[];
  /** Of each input: the id that follows, or NO_TARGET. */
  readonly targets: readonly number[];
  /** Number of the class of the sequence. */
  readonly label?: number;
  /** Of each input: the text of a pair that it belongs to. */
  readonly types?: readonly number[] | undefined;
  /** The ids that the encoder reads. */
  readonly source?: readonly number[];
  /** Number of its example in the batch: the sequences of one example go through the model together. */
  readonly unit?: number;
}

export type Fail = (problem: string) => GptError;

/** What the model takes. */
export type ExampleConfig = Pick<DecoderConfig, "vocabSize" | "head" | "encoder">;

/** How an objective reads examples. */
export type ExampleReader = IdsReader | PartsReader;

/** Of examples that are sequences of ids, with something beside them. */
export interface IdsReader {
  /** Ids at the end of an example that are targets and no inputs. */
  readonly beyond: number;
  /** Whether an example has a source. */
  readonly hasSource?: true;
  /** @param ids within the vocabulary, and not too many */
  sequenceOf(ids: readonly number[], example: Example, config: ExampleConfig, fail: Fail): Sequence;
  /** @throws GptError `usage` for sequences without a loss */
  check(sequences: readonly Sequence[]): void;
}

/** Of examples with several lists of ids. */
export interface PartsReader {
  read(example: object, limits: Limits): readonly Sequence[];
}

export interface Limits {
  readonly config: ExampleConfig;
  readonly contextSize: number;
  /** Number of the example in the batch. */
  readonly row: number;
  readonly fail: Fail;
}

/** @throws GptError `usage` that names the first wrong example */
export function toSequences(
  batch: readonly Example[],
  reader: ExampleReader,
  config: ExampleConfig,
  contextSize: number,
): readonly Sequence[] {
  if ("read" in reader) return readParts(batch, reader, config, contextSize);
  checkBatch(batch);
  const sequences = batch.map((example, row) => {
    const fail = failAt(row);
    const ids = objectRule.holds(example) && "ids" in example ? example.ids : example;
    if (!isList(ids)) throw fail(`expected a list of token ids, or an object with ids, found ${show(ids)}`);
    checkIds(ids, config, 1 + reader.beyond, contextSize + reader.beyond, fail);
    const sequence = reader.sequenceOf(ids, example, config, fail);
    if (!reader.hasSource) return sequence;
    const source = "source" in example ? example.source : undefined;
    if (!isList(source)) throw fail(`source: expected a list of token ids, found ${show(source)}`);
    checkIds(source, config, 1, contextSize, (problem) => fail(`source: ${problem}`));
    return { ...sequence, source };
  });
  reader.check(sequences);
  return sequences;
}

/** The sequences of examples with several lists of ids. @throws GptError as `toSequences` */
export function readParts(
  batch: readonly unknown[],
  reader: PartsReader,
  config: ExampleConfig,
  contextSize: number,
): readonly Sequence[] {
  checkBatch(batch);
  return batch.flatMap((example, row) => {
    const fail = failAt(row);
    if (!objectRule.holds(example)) throw fail(`expected an object, found ${show(example)}`);
    return reader.read(example as object, { config, contextSize, row, fail });
  });
}

function checkBatch(batch: readonly unknown[]): void {
  checkValue("batch", batch, { expected: "a list of examples", holds: Array.isArray });
  if (batch.length === 0) throw new GptError("usage", "a batch needs at least one example");
}

const failAt =
  (row: number): Fail =>
  (problem) =>
    new GptError("usage", `batch[${row}]: ${problem}`);

/** @throws GptError `usage` for too few or too many ids, and for one outside the vocabulary */
export function checkIds(
  ids: readonly number[],
  { vocabSize }: ExampleConfig,
  least: number,
  most: number,
  fail: Fail,
): void {
  if (ids.length < least) throw fail(`${ids.length} token ids: at least ${least} are expected`);
  if (ids.length > most) throw fail(`${ids.length} token ids: this model takes at most ${most}`);
  const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
  if (wrong !== undefined) throw fail(`token id ${wrong}: the vocabulary is 0 to ${vocabSize - 1}`);
}

export const isList = (value: unknown): value is readonly number[] =>
  Array.isArray(value) || ArrayBuffer.isView(value);

/** The number of targets. */
export const countTargets = (sequences: readonly Sequence[]): number =>
  sequences.reduce((sum, { targets }) => sum + targets.filter((target) => target !== NO_TARGET).length, 0);

/**
 * Sequences in groups of at most this many input tokens, those of sources included, in their order. A longer
 * example is a group of its own.
 */
export function microBatches<S extends Sequence>(sequences: readonly S[], tokens: number): S[][] {
  const groups: S[][] = [];
  let room = 0;
  for (const unit of units(sequences)) {
    const length = unit.reduce((sum, { inputs, source }) => sum + inputs.length + (source?.length ?? 0), 0);
    if (length > room) {
      groups.push([]);
      room = tokens;
    }
    groups.at(-1)?.push(...unit);
    room -= length;
  }
  return groups;
}

/** Neighbours with the number of one example. */
function units<S extends Sequence>(sequences: readonly S[]): S[][] {
  const all: S[][] = [];
  for (const sequence of sequences) {
    const last = all.at(-1);
    const isFurther = sequence.unit !== undefined && last?.[0]?.unit === sequence.unit;
    if (last && isFurther) last.push(sequence);
    else all.push([sequence]);
  }
  return all;
}

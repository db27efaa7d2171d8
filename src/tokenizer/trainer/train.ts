/**
 * Training of byte-level BPE (Sennrich et al. 2016, Radford et al. 2019): every text is split into words, and
 * the most frequent pair of neighbouring symbols within a word becomes a token, again and again. Words are
 * counted once; a merge then visits only the words that hold its pair, and corrects the counts of the pairs
 * around it.
 *
 * The same texts give the same tokenizer as Hugging Face's BpeTrainer: equally frequent pairs merge in the
 * order of their ids.
 */

import { setImmediate } from "node:timers/promises";
import { byteCharacters } from "../bpe/byte-level.ts";
import { type Candidate, MergeQueue } from "./merge-queue.ts";
import { type TrainingSettings, type TrainTokenizerOptions, trainingSettings } from "./options.ts";
import { splitterOf, type TrainingPattern } from "./training-patterns.ts";
import { WordCounts } from "./word-counts.ts";
import { leftOf, type Pair, type PairChange, rightOf, Words } from "./words.ts";

export interface TrainedTokenizer {
  /**
   * By id: the control tokens, the 256 bytes, then a token for each merge. All but the control tokens are in
   * GPT-2's alphabet.
   */
  readonly tokens: readonly string[];
  /** In the order in which they were made. */
  readonly merges: readonly (readonly [left: string, right: string])[];
  readonly specialTokens: readonly string[];
  readonly pattern: TrainingPattern;
}

/** Milliseconds between two looks at the event loop. */
const PATIENCE = 20;

/**
 * Trains a tokenizer. The name of a control token in a text counts as any other text, and no merge makes one.
 *
 * @param texts read once; memory grows with their distinct words, not with their length
 * @throws GptError `usage` for an option that is out of range; the signal's reason once it is aborted
 */
export async function trainTokenizer(
  texts: AsyncIterable<string> | Iterable<string>,
  options: TrainTokenizerOptions = {},
): Promise<TrainedTokenizer> {
  const settings = trainingSettings(options);
  const pause = pauses(options.signal);
  const counts = new WordCounts(splitterOf(settings.pattern));
  for await (const text of texts) {
    counts.add(text);
    await pause();
  }
  const training = new Training(counts, settings);
  while (training.merge()) await pause();
  return training.result();
}

/** Lets the event loop run from time to time, and throws once the signal is aborted. */
function pauses(signal: AbortSignal | undefined): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last > PATIENCE) {
      await setImmediate();
      last = performance.now();
    }
    signal?.throwIfAborted();
  };
}

class Training {
  readonly #settings: TrainingSettings;
  readonly #tokens: string[];
  readonly #ids: Map<string, number>;
  readonly #words: Words;
  readonly #queue = new MergeQueue();
  readonly #pairCounts = new Map<Pair, number>();
  readonly #merges: Pair[] = [];

  constructor(counts: WordCounts, settings: TrainingSettings) {
    this.#settings = settings;
    this.#tokens = [...settings.specialTokens, ...[...byteCharacters].sort()];
    const ids = new Map(this.#tokens.map((token, id) => [token, id]));
    this.#ids = ids;
    const symbolOf = byteCharacters.map((character) => ids.get(character) ?? -1);
    this.#words = new Words(counts.entries(), symbolOf);
    this.#enqueue((tell) => this.#words.eachPair(tell));
  }

  /** Makes the next merge; false if there is none, or no room for its token. */
  merge(): boolean {
    const { vocabSize, specialTokens } = this.#settings;
    if (this.#tokens.length >= vocabSize) return false;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const { pair, words } = next;
      const [left, right] = this.#spell(pair);
      if (specialTokens.includes(left + right)) continue;
      const merged = this.#idOf(left + right);
      this.#merges.push(pair);
      this.#enqueue((tell) => {
        for (const word of words) this.#words.merge(word, pair, merged, tell);
      });
      return true;
    }
    return false;
  }

  result(): TrainedTokenizer {
    const { specialTokens, pattern } = this.#settings;
    const merges = this.#merges.map((pair) => this.#spell(pair));
    return { tokens: this.#tokens, merges, specialTokens, pattern };
  }

  /** The pair that occurs most often, if that is often enough. */
  #next(): Candidate | undefined {
    for (let top = this.#queue.pop(); top !== undefined; top = this.#queue.pop()) {
      const count = this.#pairCounts.get(top.pair) ?? 0;
      if (top.count === count) return count >= this.#settings.minFrequency ? top : undefined;
      this.#queue.push({ ...top, count });
    }
    return undefined;
  }

  /** Counts the pairs that `change` reports, and queues the pairs that became more frequent. */
  #enqueue(change: (tell: PairChange) => void): void {
    const places = new Map<Pair, number[]>();
    change((pair, count, word) => {
      this.#pairCounts.set(pair, (this.#pairCounts.get(pair) ?? 0) + count);
      if (count < 0) return;
      const words = places.get(pair);
      if (words === undefined) places.set(pair, [word]);
      else if (words.at(-1) !== word) words.push(word);
    });
    for (const [pair, words] of places) {
      const count = this.#pairCounts.get(pair) ?? 0;
      if (count > 0) this.#queue.push({ pair, count, words });
    }
  }

  /** The id of a token; a new id for a new token. */
  #idOf(token: string): number {
    const known = this.#ids.get(token);
    if (known !== undefined) return known;
    const id = this.#tokens.push(token) - 1;
    this.#ids.set(token, id);
    return id;
  }

  #spell(pair: Pair): readonly [left: string, right: string] {
    return [this.#tokens[leftOf(pair)] ?? "", this.#tokens[rightOf(pair)] ?? ""];
  }
}

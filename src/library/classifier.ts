/** A classifier with its tokenizer: text in, its class out. */

import { checkOptions, checkValue, signalRule, textRule } from "../checks/rules.ts";
import { exp } from "../generate/sampling/exp.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { isIndependent, predictionOf } from "./prediction.ts";
import type { Scorer } from "./scorer.ts";

export interface Classification {
  /** The likeliest class. */
  readonly label: string;
  /** Its probability. */
  readonly probability: number;
  /**
   * The probability of each class, in the order of `labels`. They add up to 1, unless each class has one of
   * its own: a single class (a reranker's), or several that hold at once.
   */
  readonly probabilities: Readonly<Record<string, number>>;
  /** Whether the text is longer than the context. Its end is not read then. */
  readonly truncated: boolean;
}

export interface ClassifyOptions {
  /** The second text of a pair. */
  readonly pair?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export class Classifier {
  /** The names of the classes. */
  readonly labels: readonly string[];
  readonly tokenizer: Tokenizer;
  readonly #scorer: Scorer;

  /** @param scorer of a model with a head for classes */
  constructor(scorer: Scorer, tokenizer: Tokenizer) {
    const { head } = scorer;
    this.labels = head.kind === "classes" ? head.labels : [];
    this.tokenizer = tokenizer;
    this.#scorer = scorer;
  }

  /** Tokens of a text that are read, at most. */
  get contextSize(): number {
    return this.#scorer.contextSize;
  }

  /**
   * @throws GptError `usage` for anything but a text, and for an empty text if no token stands for it; the
   *   signal's reason once it is aborted
   */
  async classify(text: string, options: ClassifyOptions = {}): Promise<Classification> {
    checkValue("text", text, textRule);
    const { pair, signal } = checkOptions(options, { pair: textRule, signal: signalRule });
    const reading = this.#scorer.read(text, pair);
    const scores = await this.#scorer.scores(reading, signal);
    const { label, logprobs } = predictionOf(scores, isIndependent(this.#scorer.head));
    const probabilities = logprobs.map(exp);
    return {
      label: this.labels[label] ?? "",
      probability: probabilities[label] ?? 0,
      probabilities: Object.fromEntries(this.labels.map((name, i) => [name, probabilities[i] ?? 0])),
      truncated: reading.truncated,
    };
  }

  /** Frees the memory, once earlier calls have ended. */
  close(): Promise<void> {
    return this.#scorer.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

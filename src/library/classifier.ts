/** A classifier with its tokenizer: text in, its class out. */

import { checkOptions, checkValue, signalRule, textRule } from "../checks/rules.ts";
import type { Model } from "../engine/model.ts";
import { exp } from "../generate/sampling/exp.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { predict } from "./prediction.ts";
import { read } from "./reading.ts";

export interface Classification {
  /** The likeliest class. */
  readonly label: string;
  /** Its probability. */
  readonly probability: number;
  /** The probability of each class, in the order of `labels`. */
  readonly probabilities: Readonly<Record<string, number>>;
  /** Whether the text is longer than the context. Its end is not read then. */
  readonly truncated: boolean;
}

export interface ClassifyOptions {
  readonly signal?: AbortSignal | undefined;
}

export class Classifier {
  /** The names of the classes. */
  readonly labels: readonly string[];
  readonly tokenizer: Tokenizer;
  readonly #model: Model;

  /** @param model with a head for classes */
  constructor(model: Model, tokenizer: Tokenizer) {
    const { head } = model.config;
    this.labels = head.kind === "classes" ? head.labels : [];
    this.tokenizer = tokenizer;
    this.#model = model;
  }

  /** Tokens of a text that are read, at most. */
  get contextSize(): number {
    return this.#model.contextSize;
  }

  /**
   * @throws GptError `usage` for anything but a text, and for an empty text if no token stands for it; the
   *   signal's reason once it is aborted
   */
  async classify(text: string, options: ClassifyOptions = {}): Promise<Classification> {
    checkValue("text", text, textRule);
    const { signal } = checkOptions(options, { signal: signalRule });
    const { ids, truncated } = read(this.tokenizer, text, this.contextSize);
    const session = this.#model.createSession();
    try {
      const { label, logprobs } = await predict(session, ids, signal);
      const probabilities = logprobs.map(exp);
      return {
        label: this.labels[label] ?? "",
        probability: probabilities[label] ?? 0,
        probabilities: Object.fromEntries(this.labels.map((name, i) => [name, probabilities[i] ?? 0])),
        truncated,
      };
    } finally {
      await session.close();
    }
  }

  /** Frees the memory, once earlier calls have ended. */
  close(): Promise<void> {
    return this.#model.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** How a classifier or a reward model gets the scores of its head: from a decoder's session, or from an encoder. */
import type { Model } from "../engine/model.ts";
import type { Reader } from "../engine/reader.ts";
import type { HeadConfig } from "../model/head-config.ts";
import type { PipelineTokenizer } from "../tokenizer/index.ts";
import { inputOf, type Reading, read } from "./reading.ts";

export interface Scorer {
  readonly head: HeadConfig;
  /** Tokens of a text that are read, at most. */
  readonly contextSize: number;
  /** @throws GptError `usage` for an empty text if no token stands for it */
  read(text: string, pair: string | undefined): Omit<Reading, "typeIds">;
  /** A number for each class. */
  scores(reading: Omit<Reading, "typeIds">, signal: AbortSignal | undefined): Promise<Float32Array>;
  close(): Promise<void>;
}

/** A decoder reads a text as it would go on with it, and a pair as its tokenizer joins two texts. */
export const decoderScorer = (model: Model, tokenizer: PipelineTokenizer): Scorer => ({
  head: model.config.head,
  contextSize: model.contextSize,
  read: (text, pair) =>
    pair === undefined
      ? read(tokenizer, text, model.contextSize)
      : inputOf(tokenizer, text, { pair, maxTokens: model.contextSize }),
  async scores({ ids }, signal) {
    const session = model.createSession();
    try {
      return await session.append(ids, { signal });
    } finally {
      await session.close();
    }
  },
  close: () => model.close(),
});

export function encoderScorer(reader: Reader, tokenizer: PipelineTokenizer): Scorer {
  const { contextSize } = reader;
  const maxTokens = Math.min(tokenizer.description.limits.model ?? contextSize, contextSize);
  const { head } = reader.config;
  return {
    head,
    contextSize: maxTokens,
    read: (text, pair) => inputOf(tokenizer, text, { pair, maxTokens }),
    async scores(reading, signal) {
      const [scores = new Float32Array()] = await reader.classes([reading], signal);
      return scores;
    },
    close: () => reader.close(),
  };
}

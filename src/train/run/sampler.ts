/** Samples of a model in training. */
import { kvShapeOf } from "../../engine/kv-types.ts";
import { LanguageModel } from "../../library/language-model.ts";
import type { Trainer } from "../trainer.ts";
import type { StartingModel } from "./starting-model.ts";

const SAMPLE_TOKENS = 100;

/** How samples begin. */
export interface SamplePrompt {
  readonly text: string;
  /** Of a prompt of messages, whose marks are control tokens. */
  readonly ids?: readonly number[];
}

/** @returns writes a text that begins with the prompt, with the weights of the moment */
export function createSampler(
  trainer: Trainer,
  { tokenizer, description }: StartingModel,
  { prompt, seed }: { readonly prompt: SamplePrompt; readonly seed: number },
): (signal: AbortSignal) => Promise<string> {
  const { config, contextSize, simd, threads } = trainer;
  const engine = {
    config,
    contextSize,
    kvShape: kvShapeOf(config),
    banks: [], // one session at a time: none has to be fitted
    simd,
    threads,
    createSession: () => trainer.createSession(),
    close: async () => {},
  };
  const model = new LanguageModel(engine, tokenizer, description);
  return async (signal) => {
    let { text } = prompt;
    const options = { maxTokens: SAMPLE_TOKENS, seed, signal };
    for await (const token of model.generateInterruptibly(prompt.ids ?? prompt.text, options))
      text += token.text;
    return text;
  };
}

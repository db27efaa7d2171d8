/** A model that writes text, as far as samples, batches and conversations need it. `LanguageModel` is one. */
import type { Model } from "../engine/model.ts";
import type { Session as ModelSession } from "../engine/session.ts";
import type { GeneratedToken, GenerateOptions } from "../generate/options/options.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { GenerationSummary } from "./generate-text.ts";
import type { PromptOptions } from "./translation.ts";

/** A text, or token ids that are taken as they are. */
export type Prompt = string | readonly number[];

/** One sequence of tokens under a model. */
export interface Session extends Omit<ModelSession, "fork"> {
  fork(): Session;
}

export interface TextModel extends Pick<Model, "contextSize" | "kvShape" | "banks" | "config" | "simd"> {
  /** Options that the checkpoint sets for every generation. */
  readonly generationDefaults: GenerateOptions;
  readonly hasTokenizer: boolean;
  /** @throws GptError `not-found` if the checkpoint has none */
  readonly tokenizer: Tokenizer;
  createSession(): Session;
  /** The ids that `generate` continues. */
  promptIds(prompt: Prompt, options?: PromptOptions): readonly number[];
  /** Continues a text. An aborted signal ends it with the finish reason "interrupted". */
  generateInterruptibly(
    prompt: Prompt,
    options?: GenerateOptions,
    session?: Session,
  ): AsyncGenerator<GeneratedToken, GenerationSummary, void>;
}

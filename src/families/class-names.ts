/** What the names of transformers' classes say of a model. */
import type { Checkpoint } from "../checkpoint/checkpoint.ts";

/** How classes of classifiers end. */
export const CLASSIFIER = "ForSequenceClassification";

/** How the classes of a family end: what the model is for. */
export const CLASS_SUFFIX = /(LMHeadModel|ForCausalLM|ForSequenceClassification)$/;

/** GGUF files hold language models only. */
export const isClassifier = (checkpoint: Checkpoint): boolean =>
  checkpoint.format === "huggingface" &&
  [checkpoint.config.architectures]
    .flat()
    .some((name) => typeof name === "string" && name.endsWith(CLASSIFIER));

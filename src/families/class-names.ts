/** Endings of the class names of transformers: what a model is for. */
import type { Checkpoint } from "../checkpoint/checkpoint.ts";

/** Ending of classifiers. */
export const CLASSIFIER = "ForSequenceClassification";

/** Endings behind the name of a family. */
export const CLASS_SUFFIX = /(LMHeadModel|ForCausalLM|ForSequenceClassification)$/;

/** GGUF files hold no classifiers. */
export const isClassifier = (checkpoint: Checkpoint): boolean =>
  checkpoint.format === "huggingface" &&
  [checkpoint.config.architectures]
    .flat()
    .some((name) => typeof name === "string" && name.endsWith(CLASSIFIER));

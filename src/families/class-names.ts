/** Endings of the class names of transformers: what a model is for. */
import type { Checkpoint } from "../checkpoint/checkpoint.ts";

/** Ending of classifiers. */
export const CLASSIFIER = "ForSequenceClassification";

/** Endings behind the name of a family. */
export const CLASS_SUFFIX = /(LMHeadModel|ForCausalLM|ForMaskedLM|ForSequenceClassification|Model)$/;

/** GGUF files hold no classifiers. */
export const isClassifier = (checkpoint: Checkpoint): boolean => isNamed(checkpoint, CLASSIFIER);

/** Whether the class that wrote the checkpoint ends in this word. */
export const isNamed = (checkpoint: Checkpoint, ending: string): boolean =>
  checkpoint.format === "huggingface" &&
  [checkpoint.config.architectures].flat().some((name) => typeof name === "string" && name.endsWith(ending));

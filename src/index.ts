/** The library: `import { loadModel } from "gpt-simd"`. */
export type { Classification, Classifier, ClassifyOptions } from "./classifier.ts";
export type { Outcome } from "./classify/report.ts";
export type { ConversionOptions } from "./conversion-options.ts";
export type { ErrorCode } from "./errors.ts";
export { GptError } from "./errors.ts";
export { topLogprobs } from "./generate/logprobs.ts";
export type {
  FinishReason,
  GeneratedToken,
  GenerateOptions,
  Overflow,
  TokenLogprob,
  TokenLogprobs,
} from "./generate/options.ts";
export type { LanguageModel, Session } from "./language-model.ts";
export { loadClassifier, loadModel } from "./load-model.ts";
export { mergeAdapters } from "./merge-adapters.ts";
export type { AdapterChoice } from "./model/adapters/merge.ts";
export type { DecoderConfig } from "./model/config.ts";
export type { ModelOptions } from "./model/model.ts";
export type { Quantization } from "./model/quantization.ts";
export { type CompareOptions, type Comparison, compareModels } from "./quantize/compare.ts";
export { type FileType, type QuantizeOptions, quantizeModel } from "./quantize/quantize.ts";
export type { GenerationSummary } from "./text/generate-text.ts";
export type { DecodeOptions, EncodeOptions, StreamDecoder, Tokenizer } from "./tokenizer/tokenizer.ts";
export type { ChosenClassification } from "./train/classification.ts";
export { createTrainer, type TrainerOptions } from "./train/create-trainer.ts";
export type { Evaluation } from "./train/evaluation.ts";
export type { ClassExample, Example, MarkedExample } from "./train/examples.ts";
export type { ChosenHyperparameters, Hyperparameters } from "./train/hyperparameters.ts";
export type { Lora } from "./train/lora.ts";
export type { StepOptions, StepResult, Trainer } from "./train/trainer.ts";

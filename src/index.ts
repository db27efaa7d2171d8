/** The library: `import { loadModel } from "gpt-simd"`. */

export type { CalibrationText } from "./convert/calibration-windows.ts";
export type { Fallback } from "./convert/gguf-types.ts";
export { measureImportance } from "./convert/importance/calibrate.ts";
export { readImportance, writeImportance } from "./convert/importance/files.ts";
export type { Importance } from "./convert/importance/importance.ts";
export { mergeAdapters } from "./convert/merge-adapters.ts";
export { type MergeOptions, mergeModels } from "./convert/merging/merge-models.ts";
export type { MergeMethod } from "./convert/merging/methods.ts";
export type { FileType } from "./convert/mixtures.ts";
export type { ConversionOptions } from "./convert/options.ts";
export { type Quantized, type QuantizeOptions, quantizeModel } from "./convert/quantize.ts";
export type { ModelOptions } from "./engine/model.ts";
export type { ReaderOptions } from "./engine/reader.ts";
export type { ErrorCode } from "./errors.ts";
export { GptError } from "./errors.ts";
export type { Outcome } from "./evaluate/classification-report.ts";
export type { Segment } from "./evaluate/metrics/metric.ts";
export type { MetricName, MetricOptions } from "./evaluate/metrics/table.ts";
export { type CompareOptions, type Comparison, compareModels } from "./evaluate/perplexity/compare.ts";
export { scoreTexts, type TextScore } from "./evaluate/score-texts.ts";
export type {
  FinishReason,
  GeneratedToken,
  GenerateOptions,
  Overflow,
  TokenLogprob,
  TokenLogprobs,
} from "./generate/options/options.ts";
export type {
  DroppedOption,
  OptionLayer,
  OptionLayers,
  ResolvedOptions,
} from "./generate/options/resolve-options.ts";
export type { GenerateSettings } from "./generate/options/settings.ts";
export { topLogprobs } from "./generate/sampling/logprobs.ts";
export type { Classification, Classifier, ClassifyOptions } from "./library/classifier.ts";
export { cosine } from "./library/embedding/pooling.ts";
export type {
  Candidate,
  Embedding,
  EmbedOptions,
  Encoder,
  FilledMask,
  FillMaskOptions,
  HiddenOptions,
  HiddenStates,
} from "./library/encoder.ts";
export type { LanguageModel } from "./library/language-model.ts";
export { loadEncoder } from "./library/load-encoder.ts";
export { loadClassifier, loadModel, loadRewardModel } from "./library/load-model.ts";
export type { RewardModel, RewardOptions } from "./library/reward-model.ts";
export type { Ablation } from "./look/ablation.ts";
export type { Attention, LayerAttention } from "./look/attention.ts";
export type { Attribution } from "./look/attribution/attribution.ts";
export type { LayerAttribution } from "./look/attribution/layer-attribution.ts";
export type { Copying } from "./look/copying.ts";
export type { NearOptions, Scored } from "./look/embeddings/embeddings.ts";
export type { Components } from "./look/embeddings/principal-components.ts";
export type { Gradients } from "./look/gradients/gradients.ts";
export type { IntegratedGradients } from "./look/gradients/integrated-gradients.ts";
export type { LeaveOneOut } from "./look/gradients/leave-one-out.ts";
export type { Grid } from "./look/grid.ts";
export type { HeadScores } from "./look/head-scores.ts";
export type { Lens } from "./look/lens.ts";
export { look } from "./look/look.ts";
export type { Neuron } from "./look/neurons.ts";
export type { Patching } from "./look/patching.ts";
export type { Steering } from "./look/steering/steering.ts";
export type { SteeringEffect } from "./look/steering/steering-effect.ts";
export type { Surprisal } from "./look/surprisal.ts";
export type { DecoderConfig } from "./model/config.ts";
export { type Pruned, type PrunedShare, type PruneOptions, pruneModel } from "./prune/prune-model.ts";
export type { PruneMethod } from "./prune/table.ts";
export type { GenerationSummary } from "./text/generate-text.ts";
export type { Session } from "./text/text-model.ts";
export type { DecodeOptions, EncodeOptions, StreamDecoder, Tokenizer } from "./tokenizer/tokenizer.ts";
export type { Lora } from "./train/adapter/lora.ts";
export { createTrainer, type TrainerOptions } from "./train/create-trainer.ts";
export type { Evaluation } from "./train/evaluation.ts";
export type { ClassExample, Example, MarkedExample } from "./train/examples.ts";
export type { ChosenHyperparameters, Hyperparameters } from "./train/hyperparameters.ts";
export type { ChosenObjective, ObjectiveSettings } from "./train/objectives/table.ts";
export type { StepOptions, StepResult } from "./train/step/step.ts";
export type { ChosenWeights, TrainedWeights } from "./train/trained-weights.ts";
export type { Trainer } from "./train/trainer.ts";
export type { AdapterChoice } from "./weights/adapters/choice.ts";
export type { Quantization } from "./weights/dtype.ts";

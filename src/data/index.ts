/** Training data: text in files -> windows of tokens. */
export { tokenizerFingerprint } from "./data-key.ts";
export type { DataOptions } from "./data-options.ts";
export { readDocuments, readTexts } from "./documents.ts";
export { holdOut } from "./held-out.ts";
export {
  classesOf,
  holdOutOfEach,
  type LabelledText,
  labelOf,
  readLabelledTexts,
} from "./labelled-texts.ts";
export { type Masking, maskWindow } from "./masking.ts";
export {
  completionIn,
  type Preference,
  preferenceIn,
  readPreferences,
  readVerdicts,
  type Verdict,
} from "./preferences.ts";
export { openData, prepareData, type TrainingData } from "./prepare.ts";
export { type GivenPrompt, readPrompts } from "./prompts.ts";
export { jsonRecord } from "./records/json-lines.ts";
export { joinTokens } from "./shards/join-tokens.ts";
export { prepareShard } from "./shards/prepare-shard.ts";
export { type DataSource, findSources, type SourceFingerprint } from "./sources.ts";
export { pairRecord, readTextPairs, type TextPair } from "./text-pairs.ts";
export { TokenFile, type TokenRun } from "./token-file.ts";
export type { TokenFileHead } from "./token-format.ts";
export { shuffled } from "./window-order.ts";
export {
  IGNORED_LABEL,
  type Sampling,
  sampleWindows,
  sequentialWindows,
  type Window,
  windowsPerEpoch,
} from "./windows.ts";

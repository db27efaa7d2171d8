/** The ways of splitting texts that a byte-level tokenizer can be trained with. */

import { GptError } from "../../errors.ts";
import { JsonFields } from "../../files/json-fields.ts";
import { quote } from "../../files/quote.ts";
import { readNormalizer } from "../formats/pipeline/normalizers.ts";
import {
  byteLevelPipeline,
  gpt2Pipeline,
  type Pipeline,
  qwen2Pipeline,
} from "../formats/pipeline/pipelines.ts";
import { readPreTokenizer } from "../formats/pipeline/pre-tokenizers.ts";
import type { Splitter } from "../pattern/splitters.ts";

export interface TrainingPattern {
  readonly pipeline: Pipeline;
  /** See `TokenizerExtras`. */
  readonly className?: string;
}

const trainingPatterns: Readonly<Record<string, TrainingPattern>> = {
  gpt2: { pipeline: gpt2Pipeline(false), className: "GPT2Tokenizer" },
  cl100k: { pipeline: byteLevelPipeline(["cl100k"]) },
  qwen2: { pipeline: qwen2Pipeline, className: "Qwen2Tokenizer" },
  o200k: { pipeline: byteLevelPipeline(["o200k"]) },
  tekken: { pipeline: byteLevelPipeline(["tekken"]) },
};

export const trainingPatternNames: readonly string[] = Object.keys(trainingPatterns);

export const DEFAULT_PATTERN = "gpt2";

/** @throws GptError `usage` for a name that is not known */
export function trainingPattern(name: string): TrainingPattern {
  const pattern = Object.hasOwn(trainingPatterns, name) ? trainingPatterns[name] : undefined;
  if (pattern !== undefined) return pattern;
  throw new GptError("usage", `pattern ${quote(name)}: expected ${trainingPatternNames.join(", ")}`);
}

/** Normalizes a text and cuts it into the pieces within which pairs merge. */
export function splitterOf({ pipeline }: TrainingPattern): Splitter {
  const fields = new JsonFields("the pipeline", "", pipeline);
  const normalize = readNormalizer(fields.optionalObject("normalizer"));
  const { split } = readPreTokenizer(fields.optionalObject("pre_tokenizer"));
  return (text, atStart, take) => split(normalize(text), atStart, take);
}

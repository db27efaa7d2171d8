/** From a path or a name to a model that is ready to write. */
import { openCheckpoint } from "./checkpoint/open.ts";
import { generationConfig } from "./generate/generation-config.ts";
import { LanguageModel } from "./language-model.ts";
import { describeModel } from "./model/families/index.ts";
import { Model, type ModelOptions } from "./model/model.ts";
import { findModel } from "./model-path.ts";
import { checkValue, refuseUnknown, textRule } from "./option-rules.ts";
import { tokenizerOf } from "./tokenizer/index.ts";

const OPTIONS = Object.keys({
  threads: true,
  contextSize: true,
  simd: true,
  quantization: true,
  adapters: true,
  signal: true,
  onProgress: true,
} satisfies Record<keyof ModelOptions, true>);

/**
 * Loads a model with its tokenizer: a Hugging Face directory or a GGUF file.
 *
 * @param nameOrPath a path, or a name in the package's models/ folder or in $GPT_MODELS; without it $GPT_MODEL, else
 *   the embedded model
 * @throws GptError `not-found` for a model that is not there, `invalid-file` for one that is corrupt or needs what is
 *   not implemented, `resource` for one that does not fit in memory, `usage` for an option out of range; the signal's
 *   reason when it is aborted
 */
export async function loadModel(nameOrPath?: string, options: ModelOptions = {}): Promise<LanguageModel> {
  if (nameOrPath !== undefined) checkValue("the name or path of a model", nameOrPath, textRule);
  refuseUnknown(options, OPTIONS);
  const checkpoint = await openCheckpoint(findModel(nameOrPath));
  const description = await describeModel(checkpoint);
  const tokenizer = await tokenizerOf(checkpoint, description.config);
  const advice = generationConfig(checkpoint, description.config, tokenizer);
  const model = await Model.load(checkpoint, description, options);
  return new LanguageModel(model, tokenizer, description, advice, checkpoint.path);
}

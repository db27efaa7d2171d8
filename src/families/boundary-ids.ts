/** Ids of the tokens that begin and end a text. */
import type { Checkpoint, GgufCheckpoint, HuggingFaceCheckpoint } from "../checkpoint/checkpoint.ts";
import type { ModelDescription } from "./description.ts";
import { Fields } from "./fields.ts";

type BoundaryIds = Pick<ModelDescription, "bosId" | "endOfTextIds">;

/** Tokens that end a turn or a text of chat models, from llama.cpp's list of end-of-generation tokens. */
const END_TEXTS = new Set([
  "<|endoftext|>",
  "<|end_of_text|>",
  "<|im_end|>",
  "<|eot_id|>",
  "<|eom_id|>",
  "<|end|>",
]);

/** @param usual ids that the config class writes by default, even if the vocabulary is smaller */
export const boundaryIds = (
  checkpoint: Checkpoint,
  vocabSize: number,
  usual: readonly number[] | undefined,
): BoundaryIds =>
  checkpoint.format === "gguf" ? ofGguf(checkpoint, vocabSize) : ofDirectory(checkpoint, vocabSize, usual);

/** generation_config.json goes before config.json, as in `generate` of transformers. */
function ofDirectory(
  checkpoint: HuggingFaceCheckpoint,
  vocabSize: number,
  usual: readonly number[] | undefined,
): BoundaryIds {
  const fields = Fields.ofConfig(checkpoint);
  const generation = Fields.ofGenerationConfig(checkpoint);
  const ids = (name: string) => (generation.has(name) ? generation : fields).knownIds(name, vocabSize, usual);
  return { bosId: ids("bos_token_id")[0], endOfTextIds: ids("eos_token_id") };
}

/** As llama.cpp does: ids that the metadata names, and ids of the tokens that end a text. */
function ofGguf(checkpoint: GgufCheckpoint, vocabSize: number): BoundaryIds {
  const fields = Fields.ofMetadata(checkpoint, "tokenizer.ggml.");
  const named = ["eos_token_id", "eot_token_id", "eom_token_id"].flatMap((name) =>
    fields.ids(name, vocabSize),
  );
  const byText = fields.list("tokens").flatMap((text, id) => (END_TEXTS.has(String(text)) ? [id] : []));
  return {
    bosId: fields.ids("bos_token_id", vocabSize)[0],
    endOfTextIds: [...new Set([...named, ...byText])],
  };
}

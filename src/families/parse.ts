/** Reads the config and the tensor names of a checkpoint. */
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { boundaryIds } from "./boundary-ids.ts";
import { isClassifier, isNamed } from "./class-names.ts";
import { classesHead, SCORE } from "./classes-head.ts";
import type { ModelDescription } from "./description.ts";
import type { Family } from "./family.ts";
import { Fields } from "./fields.ts";
import { familyOf } from "./find-family.ts";
import { namesIn } from "./gguf-names.ts";
import { namesOf, readValues } from "./keys.ts";
import { directoryNames } from "./layers/expert-names.ts";
import { furtherLayers, StoredConfig } from "./stored-config.ts";
import { encoderNames, sourcesFrom } from "./stored-names.ts";

/**
 * Which head the model gets. `stored`: that for classes if it is a classifier, that for tokens if it writes
 * or fills masks, else none. `none`: the last hidden states are its output; of an encoder with a decoder
 * those of the encoder alone.
 */
export type WantedHead = "stored" | "tokens" | "classes" | "none";

/**
 * Reads no weights, except the rotary divisors of a GGUF file.
 *
 * @throws GptError `invalid-file` for an unknown family, for a field that is wrong or not implemented, and
 *   for the classes of a model that is no classifier
 */
export async function parseModel(
  checkpoint: Checkpoint,
  wanted: WantedHead = "stored",
): Promise<ModelDescription> {
  const family = familyOf(checkpoint);
  refuseForeign(checkpoint, family);
  const stored = await StoredConfig.of(checkpoint, family, namesOf(family.keys, checkpoint.format));
  const language = family.decoder(readValues(family, stored), stored);
  const isGguf = checkpoint.format === "gguf";
  const isWithoutHead = wanted === "none" || (wanted === "stored" && isHeadless(checkpoint, family));
  const head = isClasses(checkpoint, wanted)
    ? classesHead(checkpoint, family.classes?.(language, stored))
    : isWithoutHead
      ? ({ kind: "none" } as const)
      : language.head;
  const alone =
    wanted === "none" || (isWithoutHead && family.storesEncoder) ? language.encoder?.body : undefined;
  const config = alone ?? { ...language, head };
  const { prefix, gguf, huggingFace, classes = { head: [SCORE] }, skippedPositions } = family.tensors;
  const { tensors } = checkpoint;
  const whole = isGguf ? namesIn(tensors, gguf) : directoryNames(tensors, huggingFace);
  const table = alone ? encoderNames(whole) : whole;
  return {
    config,
    sources: sourcesFrom(
      head.kind === "classes" ? { ...table, ...classes } : table,
      config,
      isGguf ? 0 : skippedPositions?.(stored),
    ),
    prefix: isGguf ? "" : prefix,
    furtherLayers: furtherLayers(stored),
    vocabulary: { vocabSize: config.vocabSize, tokenizerClass: family.tokenizerClass ?? family.name },
    textPartOf: checkpoint.format === "huggingface" ? checkpoint.textPartOf : undefined,
    ...boundaryIds(checkpoint, config.vocabSize, family.usualIds),
  };
}

/** Encoders are stored with and without the head that fills masks. `...ForPreTraining` has two heads. */
const isHeadless = (checkpoint: Checkpoint, { languageModel, storesEncoder }: Family): boolean =>
  storesEncoder === true ||
  (languageModel === "ForMaskedLM" &&
    !isNamed(checkpoint, languageModel) &&
    !isNamed(checkpoint, "ForPreTraining"));

const isClasses = (checkpoint: Checkpoint, wanted: WantedHead): boolean =>
  wanted === "classes" || (wanted === "stored" && isClassifier(checkpoint));

/** Quantizations that a directory may have: of gpt-oss, and of bitsandbytes in 4 bits. */
const QUANTIZED_DIRECTORIES: readonly string[] = ["mxfp4", "bitsandbytes"];

/** Fields of any family that would change the numbers and are not implemented. */
function refuseForeign(checkpoint: Checkpoint, { architecture, keys, isEncoderDecoder }: Family): void {
  if (checkpoint.format === "gguf") {
    const experts = "but mixtures of experts are not supported";
    const metadata = Fields.ofMetadata(checkpoint, `${architecture}.`);
    if (keys.nExperts === undefined) metadata.require("expert_count", [0], experts);
    return;
  }
  const fields = Fields.ofConfig(checkpoint);
  const quantization = fields.nested("quantization_config") ?? fields.nested("quantization");
  const method = quantization?.text("quant_method", "quantized");
  const isEightBits = quantization?.flag("load_in_8bit", false);
  if (method !== undefined && (!QUANTIZED_DIRECTORIES.includes(method) || isEightBits)) {
    const found = isEightBits ? `${method} in 8 bits` : method;
    throw fields.invalid(
      `quantization_config says ${found}, which is not supported: use the unquantized model`,
    );
  }
  const counts = ["num_local_experts", "num_experts", "n_routed_experts"];
  for (const experts of keys.nExperts === undefined ? counts : []) {
    fields.require(experts, [0, 1], "but mixtures of experts are not supported");
  }
  if (isEncoderDecoder) return;
  fields.require("is_encoder_decoder", [false], "but its family has decoders or encoders alone");
}

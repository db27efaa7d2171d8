/** Vectors of tokens for each layer, and layers that read keys and values of others, in both formats. */
import type { EmbeddingConfig } from "../../model/config.ts";
import { LIMITS } from "../fields.ts";
import { count, key, type ValuesOf } from "../keys.ts";
import type { StoredConfig } from "../stored-config.ts";
import type { NameTable } from "../stored-names.ts";

const TABLE = "per_layer_token_embd";

export const INPUT_KEYS = {
  inputWidth: key({
    json: "hidden_size_per_layer_input",
    gguf: "embedding_length_per_layer_input",
    kind: count(LIMITS.width, 0),
    of: ({ embedding }) => embedding.layerInputs?.width ?? 0,
  }),
  inputVocabulary: key({
    json: "vocab_size_per_layer_input",
    gguf: ({ tensors }) => tensors.get(`${TABLE}.weight`)?.shape[0] ?? 1,
    kind: count(LIMITS.vocabulary),
    of: ({ embedding, vocabSize }) => embedding.layerInputs?.vocabSize ?? vocabSize,
  }),
};

/** The last layers, which have no keys and values of their own. */
export const SHARED_LAYERS = key({
  json: "num_kv_shared_layers",
  gguf: "attention.shared_kv_layers",
  kind: count(LIMITS.layers, 0),
  of: ({ layers }) =>
    layers.filter(({ mixer }) => mixer.kind === "attention" && mixer.keysFrom !== undefined).length,
});

export const layerInputsOf = (
  { inputWidth: width, inputVocabulary: vocabSize }: ValuesOf<typeof INPUT_KEYS>,
  epsilon: number,
): Pick<EmbeddingConfig, "layerInputs"> => (width > 0 ? { layerInputs: { width, vocabSize, epsilon } } : {});

/**
 * The layer whose keys and values each layer reads; undefined: its own. It is the last one of its kind that
 * has some.
 *
 * @param slides whether each layer has the window
 * @throws GptError `invalid-file` if no earlier layer is of its kind
 */
export const keysOfLayers = (
  slides: readonly boolean[],
  nShared: number,
  stored: StoredConfig,
): (number | undefined)[] => {
  const own = slides.slice(0, Math.max(0, slides.length - nShared));
  return slides.map((is, i) => {
    if (i < own.length) return undefined;
    const from = own.lastIndexOf(is);
    if (from >= 0) return from;
    throw stored.wrong("nShared", `expected an earlier layer of the kind of layer ${i}`);
  });
};

/** Queries alone, if a layer reads keys and values of another. */
export const withSharedKeys =
  (names: readonly [query: string, key: string, value: string]): NameTable[string] =>
  ({ mixer }) => {
    const [query, own, value] = names;
    if (mixer.kind !== "attention" || mixer.keysFrom === undefined) {
      return [query, own, mixer.kind === "attention" && mixer.keysAreValues ? own : value];
    }
    return [query];
  };

export const INPUT_NAMES: NameTable = {
  layer_inputs: ["embed_tokens_per_layer"],
  layer_inputs_projection: ["per_layer_model_projection"],
  layer_inputs_norm: ["per_layer_projection_norm"],
  "blocks.*.input_gate": ["layers.*.per_layer_input_gate"],
  "blocks.*.input_projection": ["layers.*.per_layer_projection"],
  "blocks.*.input_norm": ["layers.*.post_per_layer_input_norm"],
};

/** llama.cpp has a row for each token: those that the table lacks are zeros. */
export const GGUF_INPUT_NAMES: NameTable = {
  layer_inputs: [
    {
      module: TABLE,
      missingRows: ({ vocabSize, embedding }) =>
        Math.max(0, vocabSize - (embedding.layerInputs?.vocabSize ?? vocabSize)),
    },
  ],
  layer_inputs_projection: ["per_layer_model_proj"],
  layer_inputs_norm: ["per_layer_proj_norm"],
  "blocks.*.input_gate": ["blk.*.inp_gate"],
  "blocks.*.input_projection": ["blk.*.proj"],
  "blocks.*.input_norm": ["blk.*.post_norm"],
};

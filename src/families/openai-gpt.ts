/** GPT-1 (Radford et al. 2018): post-norm, no final norm. config.json and tensor names. */
import type { HuggingFaceCheckpoint } from "../checkpoint/checkpoint.ts";
import type { Activation } from "../compute/ops/ops.ts";
import type { ModelDescription } from "./family.ts";
import { activation, gptBlock, gptFields } from "./gpt2.ts";
import { boundaryIds } from "./hugging-face.ts";
import { type NameTable, sourcesFrom } from "./names.ts";
import { uniformDecoder } from "./uniform.ts";

/** The spellings of `afn`, where "gelu" is the tanh form, unlike everywhere else. */
const ACTIVATIONS: ReadonlyMap<string, Activation> = new Map([
  ["gelu", "gelu_tanh"],
  ["gelu_new", "gelu_tanh"],
  ["silu", "silu"],
  ["swish", "silu"],
]);

const NAMES: NameTable = {
  token_embedding: ["tokens_embed"],
  position_embedding: ["positions_embed"],
  "blocks.*.attention.qkv": [{ module: "h.*.attn.c_attn", layout: "conv1d" }],
  "blocks.*.attention.output": [{ module: "h.*.attn.c_proj", layout: "conv1d" }],
  "blocks.*.attention_sum_norm": ["h.*.ln_1"],
  "blocks.*.mlp.up": [{ module: "h.*.mlp.c_fc", layout: "conv1d" }],
  "blocks.*.mlp.down": [{ module: "h.*.mlp.c_proj", layout: "conv1d" }],
  "blocks.*.mlp_sum_norm": ["h.*.ln_2"],
  head: ["lm_head"],
};

/** @throws GptError `invalid-file` naming the field that is wrong or asks for what is not implemented */
export function describeOpenAiGpt(checkpoint: HuggingFaceCheckpoint): ModelDescription {
  const fields = gptFields(checkpoint);
  const block = gptBlock(checkpoint, fields, { vocabSize: 40478, nPositions: 512 });
  const config = uniformDecoder({
    ...block,
    family: "openai-gpt",
    nInner: 4 * block.nEmbd,
    normPlacement: "post",
    position: { kind: "learned" },
    activation: activation(fields, "afn", "gelu", ACTIVATIONS),
  });
  return {
    config,
    sources: sourcesFrom(NAMES),
    prefix: "transformer.",
    ...boundaryIds(checkpoint, fields, config.vocabSize),
  };
}

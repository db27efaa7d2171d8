/**
 * Granite 3 (IBM 2024): the block of Llama with factors of the embeddings, the scores, the sublayers and the
 * logits.
 */

import { attentionsOf } from "../../model/mixers.ts";
import {
  BIAS_KEYS,
  BLOCK_DEFAULTS,
  BLOCK_KEYS,
  biasesOf,
  LLAMA_NAMES,
  llamaDecoder,
} from "../blocks/llama.ts";
import { defineFamily } from "../family.ts";
import { firstLayer, key, positive } from "../keys.ts";
import { shortest } from "../shortest.ts";
import { llama } from "./llama.ts";

const inverse = (value: number): number => 1 / value;

export const MULTIPLIER_KEYS = {
  embedding: key({
    json: "embedding_multiplier",
    gguf: "embedding_scale",
    kind: positive,
    of: ({ embedding }) => embedding.scale,
  }),
  scores: key({
    json: "attention_multiplier",
    gguf: "attention.scale",
    kind: positive,
    of: (config) => attentionsOf(config)[0]?.scale,
  }),
  branches: key({
    json: "residual_multiplier",
    gguf: "residual_scale",
    kind: positive,
    of: (config) => firstLayer(config).mlpBranch.scale,
  }),
  /** Logits are divided by it. */
  logitsDivisor: key({
    json: "logits_scaling",
    gguf: "logit_scale",
    kind: positive,
    of: ({ head }) => (head.kind === "tokens" ? shortest(head.scale, inverse, inverse) : undefined),
  }),
};

export const granite = defineFamily({
  name: "granite",
  className: "Granite",
  languageModel: "ForCausalLM",
  architecture: "granite",
  keys: { ...BLOCK_KEYS, ...BIAS_KEYS, ...MULTIPLIER_KEYS },
  defaults: {
    ...BLOCK_DEFAULTS,
    vocabSize: 32_000,
    nInner: 11_008,
    nPositions: 2048,
    embedding: 1,
    scores: 1,
    branches: 1,
    logitsDivisor: 1,
  },
  tensors: { prefix: "model.", huggingFace: LLAMA_NAMES, gguf: llama.tensors.gguf },
  decoder: ({ embedding, scores, branches, logitsDivisor, ...values }, stored) =>
    llamaDecoder(values, stored, {
      family: "granite",
      ...biasesOf(values),
      multipliers: { embedding, scores, branches, logits: 1 / logitsDivisor },
    }),
});

/** The sizes of a decoder in one row of fields, taken from its first layer. */

import { firstAttention, firstLayer } from "../../families/keys.ts";
import type { DecoderConfig } from "../../model/config.ts";

export function commonShape(config: DecoderConfig) {
  const { family, vocabSize, nEmbd, nPositions, layers, finalNorm, head, embedding, encoder } = config;
  const { mlp, attentionBranch } = firstLayer(config);
  const attention = firstAttention(config);
  const { nHead, nKvHead, headDim, position } = attention;
  const norm = finalNorm ?? attentionBranch.sum ?? attentionBranch.before;
  return {
    vocabSize,
    nLayer: layers.length,
    nHead,
    nKvHead,
    headDim,
    nEmbd,
    nPositions,
    norm: norm?.kind ?? "none",
    normEpsilon: norm?.epsilon ?? null,
    queryKeyNorm: attention.qkNorm.kind !== "none",
    gated: mlp.gated,
    qkvBias: attention.qkvBias,
    attentionOutputBias: attention.outputBias,
    mlpBias: mlp.bias,
    tiedHead: head.kind === "tokens" && head.tied,
    family,
    nInner: mlp.nInner,
    normPlacement: attentionBranch.sum === undefined ? "pre" : "post",
    position:
      position.kind === "rotary"
        ? { kind: position.kind, theta: position.theta, scaling: position.scaling }
        : { kind: attention.scoreBias.kind === "none" ? embedding.positions : attention.scoreBias.kind },
    activation: mlp.activation,
    /** Of the encoder that the layers attend to. */
    ...(encoder && { encoder: { nLayer: encoder.body.layers.length, startId: encoder.startId } }),
  };
}

/** An encoder before a decoder, made of the decoder's own kind of layers (Vaswani et al. 2017). */
import type { DecoderConfig } from "../model/config.ts";
import { attentionOf } from "../model/mixers.ts";
import { withLayers } from "./layers/uniform.ts";

/** The decoder with cross-attention in each layer, with the norms of its self-attention. */
export function withEncoder(decoder: DecoderConfig, body: DecoderConfig, startId: number): DecoderConfig {
  const crossed = withLayers(
    decoder,
    decoder.layers.map(() => "crossed"),
    (layer) => ({
      ...layer,
      cross: {
        attention: { ...attentionOf(layer), scoreBias: { kind: "none" }, mask: { kind: "full" } },
        branch: layer.attentionBranch,
      },
    }),
  );
  return { ...crossed, encoder: { body: { ...body, head: { kind: "none" } }, startId } };
}

/** The encoder of a decoder that has one. */
export function encoderOf({ encoder }: DecoderConfig): DecoderConfig {
  if (encoder === undefined) throw new Error("a decoder without an encoder");
  return encoder.body;
}

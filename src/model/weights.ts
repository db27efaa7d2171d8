/** The weight table: the canonical name, shape and role of every weight. It is the only list of them. */

import { latentWeights } from "./attention/latent-weights.ts";
import type {
  AttentionConfig,
  CrossConfig,
  DecoderConfig,
  ExpertsMlp,
  LayerConfig,
  MlpConfig,
} from "./config.ts";
import type { HeadConfig, HeadTransform } from "./head-config.ts";
import type { LayerInputsConfig } from "./layer-inputs/config.ts";
import { attentionsOf } from "./mixers.ts";
import type { RecurrentConfig } from "./recurrent/config.ts";
import { recurrentWeights } from "./recurrent/weights.ts";
import type { StreamsConfig } from "./streams/config.ts";
import { type Place, WeightList } from "./weight-list.ts";
import { ENCODER, ROUTER, type WeightSpec } from "./weight-spec.ts";

/** Canonical module of the token embedding. */
const TOKEN_EMBEDDING = "token_embedding";

/**
 * Weights in the order of the forward pass; the norms of a sublayer come before its matrices. `attention.qkv`
 * stacks queries, keys and values; `mlp.up` of a gated MLP stacks gate and up. A tied head and a sinusoidal
 * table are no weights.
 */
export function weightTable(config: DecoderConfig): WeightSpec[] {
  const table = new WeightTable(config.nEmbd);
  table.embedding(config);
  if (config.encoder) table.encoder(config.encoder.body);
  table.relativeBias(config);
  for (const [number, layer] of config.layers.entries()) {
    const { mixer, attentionBranch, cross, mlp, mlpBranch, sharedNorm } = layer;
    table.branch("attention", number, attentionBranch);
    if (mixer.kind === "attention") table.attention(number, mixer);
    else table.recurrent(number, mixer);
    if (cross) table.cross(number, cross);
    table.branch("mlp", number, sharedNorm ? { ...mlpBranch, before: undefined } : mlpBranch);
    table.mlp(number, mlp);
    table.end(number, layer, config.embedding.layerInputs);
    if (config.streams) table.layerStreams(number, config.streams);
  }
  table.norm("final_norm", undefined, config.finalNorm);
  table.head(config);
  return table.specs;
}

class WeightTable extends WeightList {
  embedding({ vocabSize, nPositions, embedding, layers, streams }: DecoderConfig): void {
    const { width = this.width, positions, tokenTypes = 0, norm } = embedding;
    const tokens = { module: TOKEN_EMBEDDING, part: "tokenEmbedding", layer: undefined } as const;
    this.add(tokens, "table", [vocabSize, width]);
    if (width !== this.width) {
      this.linear({ ...tokens, module: "embedding_projection" }, [this.width], width, false);
    }
    const table = { module: "position_embedding", part: "positionEmbedding", layer: undefined } as const;
    if (positions === "learned") this.add(table, "table", [nPositions, this.width]);
    if (tokenTypes > 0) this.add({ ...table, module: "type_embedding" }, "table", [tokenTypes, this.width]);
    this.norm("embedding_norm", undefined, norm);
    if (embedding.layerInputs) this.#layerInputs(layers.length, embedding.layerInputs);
    for (let i = 0; streams && i < streams.count - 1; i++) {
      for (const module of ["streams_into", "streams_out_of"]) {
        this.linear({ ...tokens, module, expert: i }, [this.width], this.width, false);
      }
    }
  }

  /** How a layer predicts and corrects its streams. */
  layerStreams(layer: number, { count, scaled }: StreamsConfig): void {
    const place = (name: string): Place => ({ module: `blocks.*.streams.${name}`, part: "mlp", layer });
    this.add({ ...place("router_norm"), part: "norms" }, "norm", [this.width]);
    this.linear(place("router"), [count], this.width, false);
    this.linear(place("prediction"), [count * count], count, false);
    this.linear(place("correction"), [count], count, false);
    if (scaled) this.add({ ...place("scales"), part: "norms" }, "norm", [this.width]);
  }

  /** A table of vectors for all layers, and the projection of the token embedding to them. */
  #layerInputs(nLayer: number, { width, vocabSize }: LayerInputsConfig): void {
    const tokens = { module: "layer_inputs", part: "tokenEmbedding", layer: undefined } as const;
    this.add(tokens, "table", [vocabSize, nLayer * width]);
    this.linear({ ...tokens, module: "layer_inputs_projection" }, [nLayer * width], this.width, false);
    this.add({ ...tokens, module: "layer_inputs_norm", part: "norms" }, "norm", [width]);
  }

  /** What comes after the sublayers of a layer: its vector, and a factor. */
  end(layer: number, { input, scaled }: LayerConfig, inputs: LayerInputsConfig | undefined): void {
    const place = (name: string): Place => ({ module: `blocks.*.${name}`, part: "mlp", layer });
    if (input && inputs) {
      this.linear(place("input_gate"), [inputs.width], this.width, false);
      this.linear(place("input_projection"), [this.width], inputs.width, false, true);
      this.add({ ...place("input_norm"), part: "norms" }, "norm", [this.width]);
    }
    if (scaled) this.add({ ...place("scale"), part: "norms" }, "norm", [1]);
  }

  /**
   * The encoder's weights but its token embedding, which it shares. They come before the decoder's layers.
   */
  encoder(body: DecoderConfig): void {
    for (const { module, name, ...spec } of weightTable(body)) {
      if (module === TOKEN_EMBEDDING) continue;
      this.specs.push({ ...spec, name: ENCODER + name, module: ENCODER + module });
    }
  }

  /** One weight for each bucket of distances and each head, for all layers (T5). */
  relativeBias(config: DecoderConfig): void {
    const [first] = attentionsOf(config);
    if (first?.scoreBias.kind !== "relative" || first.scoreBias.perLayer) return;
    const place = { module: "relative_bias", part: "attention", layer: undefined } as const;
    this.add(place, "table", [first.scoreBias.buckets, first.nHead]);
  }

  /** Keys and values come from the encoder's states: they are a matrix of their own. */
  cross(layer: number, { attention, branch }: CrossConfig): void {
    const { nHead, nKvHead, headDim, valueDim, qkvBias, outputBias } = attention;
    const place = (name: string): Place => ({ module: `blocks.*.cross.${name}`, part: "attention", layer });
    this.branch("cross", layer, branch);
    this.linear(place("query"), [nHead * headDim], this.width, qkvBias);
    this.linear(place("keys_values"), [nKvHead * headDim, nKvHead * valueDim], this.width, qkvBias);
    this.linear(place("output"), [this.width], nHead * valueDim, outputBias, true);
  }

  attention(layer: number, config: AttentionConfig): void {
    const { nHead, nKvHead, headDim, valueDim, qkNorm, qkvBias, outputBias, sinks, keysFrom, scoreBias } =
      config;
    const place = (name: string): Place => ({
      module: `blocks.*.attention.${name}`,
      part: "attention",
      layer,
    });
    const gates = config.outputGate ? nHead * valueDim : 0;
    const stored = keysFrom === undefined ? [nKvHead * headDim, nKvHead * valueDim] : [];
    if (config.latent) this.listed(layer, latentWeights(config, config.latent, this.width));
    else this.linear(place("qkv"), [nHead * headDim + gates, ...stored], this.width, qkvBias);
    if (qkNorm.kind !== "none") {
      const [queries, keys] = qkNorm.kind === "head" ? [1, 1] : [nHead, nKvHead];
      const widths = (heads: number) =>
        qkNorm.kind === "heads" ? Array<number>(heads).fill(headDim) : [heads * headDim];
      const norms = (name: string): Place => ({ ...place(name), part: "norms" });
      this.norms(norms("query_norm"), qkNorm.norm, widths(queries));
      if (keysFrom === undefined) this.norms(norms("key_norm"), qkNorm.norm, widths(keys));
    }
    if (sinks) this.add(place("sinks"), "norm", [nHead]);
    if (scoreBias.kind === "relative" && scoreBias.perLayer) {
      this.add(place("relative_bias"), "table", [scoreBias.buckets, nHead]);
    }
    this.linear(place("output"), [this.width], nHead * valueDim, outputBias, true);
  }

  recurrent(layer: number, config: RecurrentConfig): void {
    this.listed(layer, recurrentWeights(config, this.width));
  }

  mlp(layer: number, config: MlpConfig): void {
    if (config.kind === "dense") this.feedForward("blocks.*.mlp", layer, config);
    else this.#experts(layer, config);
  }

  /** The router, the experts one after the other, and the shared expert. */
  #experts(layer: number, config: ExpertsMlp): void {
    const { count, routing, shared } = config;
    const place = (name: string): Place => ({ module: `blocks.*.mlp.${name}`, part: "mlp", layer });
    this.norm("blocks.*.mlp.router_norm", layer, routing.norm);
    this.linear({ module: ROUTER, part: "mlp", layer }, [count], this.width, routing.bias);
    if (routing.correction) this.add(place("router_correction"), "bias", [count]);
    if (routing.expertScales) this.add(place("router_scales"), "norm", [count]);
    this.norm("blocks.*.mlp.experts_norm", layer, config.before);
    for (let expert = 0; expert < count; expert++) {
      this.feedForward("blocks.*.mlp.experts", layer, config, expert);
    }
    this.norm("blocks.*.mlp.experts_output_norm", layer, config.after);
    if (shared === undefined) return;
    this.norm("blocks.*.mlp.shared_norm", layer, shared.before);
    this.feedForward("blocks.*.mlp.shared", layer, shared);
    if (shared.gate) this.linear(place("shared_gate"), [1], this.width, false);
    this.norm("blocks.*.mlp.shared_output_norm", layer, shared.after);
  }

  head({ head, vocabSize, embedding: { width: embedded = this.width } }: DecoderConfig): void {
    const place = { module: "head", part: "head", layer: undefined } as const;
    const outputs = outputsOf(head, vocabSize);
    const bias = (head.kind === "tokens" || head.kind === "classes") && head.bias;
    const transform = "transform" in head ? head.transform : undefined;
    const inputs = transform === undefined ? this.width : embedded;
    if (transform !== undefined) this.#headTransform(transform, inputs);
    if (head.kind === "tokens" && head.tied) {
      if (bias) this.add(place, "bias", [outputs]);
    } else if (outputs > 0) {
      this.linear(place, [outputs], inputs, bias);
    }
  }

  /** To the width of the embedding it belongs to the model without its head, as its counterpart does. */
  #headTransform(transform: HeadTransform, outputs: number): void {
    const part = outputs === this.width ? "head" : "tokenEmbedding";
    const place: Place = { module: "head_transform", part, layer: undefined };
    this.linear(place, [outputs], this.width, transform.bias);
    this.norm("head_norm", undefined, transform.norm, outputs, "head");
  }
}

/** Outputs of a head. */
function outputsOf(head: HeadConfig, vocabSize: number): number {
  if (head.kind === "tokens") return vocabSize;
  if (head.kind === "classes") return head.labels.length;
  return head.kind === "value" ? 1 : 0;
}

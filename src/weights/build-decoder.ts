/** Builds a model of matrices, as its config describes it. */
import type { Embedding } from "../compute/ops/ops.ts";
import type { Packing } from "../compute/packing/packing.ts";
import type { Matrix } from "../compute/tensor.ts";
import { longAnglesOf } from "../model/attention/angles.ts";
import { reachOf, seesAhead } from "../model/attention/masks.ts";
import type { BranchConfig, CrossConfig, DecoderConfig, LayerConfig } from "../model/config.ts";
import type { HeadConfig } from "../model/head-config.ts";
import { attentionsOf } from "../model/mixers.ts";
import type {
  Block,
  Body,
  Branch,
  CrossAttention,
  Decoder,
  Head,
  Mixer,
  RelativeBias,
  Stage,
} from "../model/modules.ts";
import { relativeBuckets, sinusoidalTable } from "../model/positions.ts";
import { ENCODER } from "../model/weight-spec.ts";
import { AttentionBuilder } from "./build-attention.ts";
import { buildLayerInput, buildLayerInputs } from "./build-layer-inputs.ts";
import { buildMlp } from "./build-mlp.ts";
import { buildRecurrent } from "./build-recurrent.ts";
import { buildLayerStreams, buildLowRank, buildStreams } from "./build-streams.ts";
import { type LowRanks, ModuleBuilder } from "./module-builder.ts";

/** Consecutive layers, and the memory that holds them. */
export interface StagePlace {
  readonly packing: Packing;
  /** Number of the layers. */
  readonly layers: number;
}

/**
 * A model with its head.
 *
 * @param packing of the first memory
 * @param matrices by canonical name; a vector is a matrix with one input
 * @param contextSize rows of computed position tables
 * @param adapters beside the matrices
 * @param stages if the layers lie in several memories
 */
export async function buildDecoder(
  packing: Packing,
  config: DecoderConfig,
  matrices: ReadonlyMap<string, Matrix>,
  contextSize: number,
  adapters: LowRanks = new Map(),
  stages: readonly StagePlace[] = [{ packing, layers: config.layers.length }],
): Promise<Decoder> {
  const modules = new ModuleBuilder(packing, config.nEmbd, matrices, adapters);
  const builder = new DecoderBuilder(packing, modules, contextSize);
  return {
    ...(await builder.body(config, stages)),
    head: builder.head(config.head),
    encoder: config.encoder && (await builder.encoder(config.encoder.body)),
  };
}

/** A model up to its last hidden states. The parameters are those of `buildDecoder`. */
export const buildBody = (
  packing: Packing,
  config: DecoderConfig,
  matrices: ReadonlyMap<string, Matrix>,
  contextSize: number,
  stages: readonly StagePlace[] = [{ packing, layers: config.layers.length }],
): Promise<Body> =>
  new DecoderBuilder(packing, new ModuleBuilder(packing, config.nEmbd, matrices), contextSize).body(
    config,
    stages,
  );

class DecoderBuilder {
  readonly #packing: Packing;
  readonly #modules: ModuleBuilder;
  readonly #contextSize: number;
  /** The names of its modules begin so. */
  readonly #prefix: string;
  readonly #attentions: AttentionBuilder;

  constructor(packing: Packing, modules: ModuleBuilder, contextSize: number, prefix = "") {
    this.#packing = packing;
    this.#modules = modules;
    this.#contextSize = contextSize;
    this.#prefix = prefix;
    this.#attentions = new AttentionBuilder(packing, modules, contextSize);
  }

  encoder(body: DecoderConfig): Promise<Body> {
    const tokens = this.#modules.table("token_embedding");
    const stages = [{ packing: this.#packing, layers: body.layers.length }];
    return new DecoderBuilder(this.#packing, this.#modules, this.#contextSize, ENCODER).body(
      body,
      stages,
      tokens,
    );
  }

  async body(
    config: DecoderConfig,
    stages: readonly StagePlace[],
    tokens = this.#modules.table("token_embedding"),
  ): Promise<Body> {
    const { width = config.nEmbd, tokenTypes = 0, norm } = config.embedding;
    return {
      config,
      relativeBias: this.#relativeBias(config),
      longAngles: longAnglesOf(config, this.#contextSize),
      hidden: `${this.#prefix}hidden.${config.layers.length}`,
      layerInputs: buildLayerInputs(this.#modules, config),
      streams: buildStreams(this.#modules, config),
      embedding: {
        tokens,
        scale: config.embedding.scale,
        projection: width === config.nEmbd ? undefined : this.#modules.linear("embedding_projection"),
        positions: await this.positions(config),
        types: tokenTypes > 0 ? this.#modules.table(`${this.#prefix}type_embedding`) : undefined,
        norm: this.#modules.norm(`${this.#prefix}embedding_norm`, norm),
      },
      stages: this.#stages(config, stages),
      finalNorm: this.#modules.norm(`${this.#prefix}final_norm`, config.finalNorm),
    };
  }

  /** What layers compute from their config, such as rotary tables, lies in the memory of the stage. */
  #stages({ layers, streams }: DecoderConfig, places: readonly StagePlace[]): Stage[] {
    let first = 0;
    return places.map(({ packing, layers: count }) => {
      const begin = first;
      first += count;
      const builder = packing === this.#packing ? this : this.#in(packing);
      return {
        blocks: layers.slice(begin, first).map((layer, i) => builder.block(layer, begin + i, streams)),
      };
    });
  }

  #in(packing: Packing): DecoderBuilder {
    return new DecoderBuilder(packing, this.#modules.in(packing), this.#contextSize, this.#prefix);
  }

  /** A tied head has the token embedding as its weight. */
  head(config: HeadConfig): Head {
    const isTied = config.kind === "tokens" && config.tied;
    const output = isTied
      ? {
          ...this.#modules.table("token_embedding"),
          name: "head",
          bias: this.#modules.bias("head"),
          adapters: [],
        }
      : this.#modules.linear("head");
    const transform = "transform" in config ? config.transform : undefined;
    const { scale, softCap } = config.kind === "tokens" ? config : { scale: 1, softCap: undefined };
    return {
      ...output,
      scale,
      softCap,
      transform: transform && {
        dense: this.#modules.linear("head_transform"),
        activation: transform.activation,
        norm: this.#modules.norm("head_norm", transform.norm),
      },
    };
  }

  /** The learned table, or a sinusoidal one with a row for each position of the context. */
  async positions({ embedding, nEmbd }: DecoderConfig): Promise<Embedding | undefined> {
    const name = `${this.#prefix}position_embedding`;
    if (embedding.positions === "none") return undefined;
    if (embedding.positions === "learned") return this.#modules.table(name);
    const table = sinusoidalTable(this.#contextSize, nEmbd, embedding.sinusoids);
    return { name, weight: await this.#packing.packed(table, this.#contextSize, nEmbd) };
  }

  block(layer: LayerConfig, i: number, streams: DecoderConfig["streams"]): Block {
    const name = `${this.#prefix}blocks.${i}`;
    const attentionBranch = this.#branch(`${name}.attention`, layer.attentionBranch);
    const input = layer.input && buildLayerInput(this.#modules, name, layer.input, i);
    const mlpBranch = this.#branch(`${name}.mlp`, layer.mlpBranch, layer.sharedNorm);
    return {
      hidden: `${this.#prefix}hidden.${i}`,
      attentionBranch,
      mixer: this.#mixer(name, layer, i),
      cross: layer.cross && this.#cross(`${name}.cross`, layer.cross, i),
      mlpBranch: layer.sharedNorm ? { ...mlpBranch, before: attentionBranch.before } : mlpBranch,
      mlp: buildMlp(this.#modules, `${name}.mlp`, layer.mlp),
      parallel: layer.parallel,
      input: streams ? undefined : input,
      streams: streams && buildLayerStreams(this.#modules, name, streams, input),
      scale: layer.scaled ? this.#packing.number(this.#modules.vector(`${name}.scale.weight`)) : 1,
    };
  }

  #relativeBias(config: DecoderConfig): RelativeBias | undefined {
    const [first] = attentionsOf(config);
    if (first?.scoreBias.kind !== "relative" || first.scoreBias.perLayer) return undefined;
    const buckets = relativeBuckets(first.scoreBias, seesAhead(config));
    return {
      table: this.#modules.table(`${this.#prefix}relative_bias`),
      buckets: this.#packing.indices(buckets),
    };
  }

  /** @param layer of the caches, which are those of the text that the encoder has read */
  #cross(name: string, { attention, branch }: CrossConfig, layer: number): CrossAttention {
    const { nHead, nKvHead, headDim, valueDim, scale } = attention;
    const reach = reachOf(attention.mask);
    const sizes = { name, layer, nKvHead, headDim, valueDim, scale, reach };
    return {
      branch: this.#branch(name, branch),
      layer: { ...sizes, nHead, queriesOnly: true },
      stored: { ...sizes, nHead: 0 },
      query: this.#modules.linear(`${name}.query`),
      keysValues: this.#modules.linear(`${name}.keys_values`),
      output: this.#modules.linear(`${name}.output`),
    };
  }

  #branch(name: string, config: BranchConfig, sharesBefore = false): Branch {
    const { before, after, scale, sum, sumScale = 1, beside, addsToNormed = false } = config;
    return {
      name: `${name}.sum`,
      added: `${name}.added`,
      before: sharesBefore ? undefined : this.#modules.norm(`${name}_norm`, before),
      after: this.#modules.norm(`${name}_output_norm`, after),
      scale,
      beside: beside && buildLowRank(this.#modules, `${name}_beside`, beside),
      sum: this.#modules.norm(`${name}_sum_norm`, sum),
      sumScale,
      addsToNormed,
    };
  }

  #mixer(block: string, { mixer }: LayerConfig, layer: number): Mixer {
    if (mixer.kind === "attention") return this.#attentions.attention(`${block}.attention`, mixer, layer);
    return buildRecurrent(this.#modules, block, layer, mixer);
  }
}

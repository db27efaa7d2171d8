/** Builds a decoder of matrices, as its config describes it. */
import type { Embedding, Norm, RotaryTable } from "../compute/ops/ops.ts";
import type { Packing } from "../compute/packing/packing.ts";
import type { Matrix, Tensor } from "../compute/tensor.ts";
import type {
  AttentionConfig,
  BranchConfig,
  DecoderConfig,
  HeadConfig,
  LayerConfig,
  NormConfig,
  QueryKeyNorm,
  RotaryConfig,
} from "../model/config.ts";
import { reachOf } from "../model/masks.ts";
import { attentionOf } from "../model/mixers.ts";
import type {
  Attention,
  Block,
  Body,
  Branch,
  Decoder,
  Head,
  HeadsNorm,
  Linear,
  LowRank,
  Mlp,
} from "../model/modules.ts";
import { alibiSlopes, rotaryAngles, rotaryFrequencies, sinusoidalTable } from "../model/positions.ts";
import { matrixNamed } from "./load.ts";

/** Low-rank changes by the canonical name of their weight. */
export type LowRanks = ReadonlyMap<string, readonly LowRank[]>;

/**
 * A model with its head.
 *
 * @param matrices by canonical name; a vector is a matrix with one input
 * @param contextSize rows of computed position tables
 * @param adapters beside the matrices
 */
export async function buildDecoder(
  packing: Packing,
  config: DecoderConfig,
  matrices: ReadonlyMap<string, Matrix>,
  contextSize: number,
  adapters: LowRanks = new Map(),
): Promise<Decoder> {
  const builder = new DecoderBuilder(packing, matrices, contextSize, adapters);
  return { ...(await builder.body(config)), head: builder.head(config.head) };
}

/** A model up to its last hidden states. The parameters are those of `buildDecoder`. */
export const buildBody = (
  packing: Packing,
  config: DecoderConfig,
  matrices: ReadonlyMap<string, Matrix>,
  contextSize: number,
): Promise<Body> => new DecoderBuilder(packing, matrices, contextSize, new Map()).body(config);

class DecoderBuilder {
  readonly #packing: Packing;
  readonly #matrices: ReadonlyMap<string, Matrix>;
  readonly #contextSize: number;
  readonly #adapters: LowRanks;
  /** Layers with the same angles share their table. */
  readonly #rotary = new Map<string, RotaryTable>();

  constructor(
    packing: Packing,
    matrices: ReadonlyMap<string, Matrix>,
    contextSize: number,
    adapters: LowRanks,
  ) {
    this.#packing = packing;
    this.#matrices = matrices;
    this.#contextSize = contextSize;
    this.#adapters = adapters;
  }

  async body(config: DecoderConfig): Promise<Body> {
    const { tokenTypes = 0, norm } = config.embedding;
    return {
      config,
      embedding: {
        tokens: this.#table("token_embedding"),
        positions: await this.positions(config),
        types: tokenTypes > 0 ? this.#table("type_embedding") : undefined,
        norm: this.norm("embedding_norm", norm),
      },
      stages: [{ blocks: config.layers.map((layer, i) => this.block(layer, i)) }],
      finalNorm: this.norm("final_norm", config.finalNorm),
    };
  }

  /** A tied head has the token embedding as its weight. */
  head(config: HeadConfig): Head {
    const isTied = config.kind === "tokens" && config.tied;
    const output = isTied
      ? { ...this.#table("token_embedding"), name: "head", bias: this.#bias("head"), adapters: [] }
      : this.linear("head");
    const transform = "transform" in config ? config.transform : undefined;
    return {
      ...output,
      transform: transform && {
        dense: this.linear("head_transform"),
        activation: transform.activation,
        norm: this.norm("head_norm", transform.norm),
      },
    };
  }

  /** The learned table, or a sinusoidal one with a row for each position of the context. */
  async positions({ embedding, nEmbd }: DecoderConfig): Promise<Embedding | undefined> {
    const name = "position_embedding";
    if (embedding.positions === "none") return undefined;
    if (embedding.positions === "learned") return this.#table(name);
    const table = sinusoidalTable(this.#contextSize, nEmbd);
    return { name, weight: await this.#packing.packed(table, this.#contextSize, nEmbd) };
  }

  block(layer: LayerConfig, i: number): Block {
    const name = `blocks.${i}`;
    const attentionBranch = this.#branch(`${name}.attention`, layer.attentionBranch);
    const mlpBranch = this.#branch(`${name}.mlp`, layer.mlpBranch, layer.sharedNorm);
    return {
      attentionBranch,
      mixer: this.#attention(`${name}.attention`, attentionOf(layer), i),
      mlpBranch: layer.sharedNorm ? { ...mlpBranch, before: attentionBranch.before } : mlpBranch,
      mlp: this.#mlp(`${name}.mlp`, layer),
      parallel: layer.parallel,
    };
  }

  /** Undefined if the config has none. */
  norm(name: string, config: NormConfig | undefined): Norm | undefined {
    return config && this.#present(name, config);
  }

  linear(name: string): Linear {
    const weight = matrixNamed(this.#matrices, `${name}.weight`);
    return { name, weight, bias: this.#bias(name), adapters: this.#adapters.get(`${name}.weight`) ?? [] };
  }

  #table(name: string): Embedding {
    return { name, weight: matrixNamed(this.#matrices, `${name}.weight`) };
  }

  #present(name: string, { epsilon }: NormConfig): Norm {
    const weight = this.#packing.vector(matrixNamed(this.#matrices, `${name}.weight`));
    return { name, weight, bias: this.#bias(name), epsilon };
  }

  #branch(name: string, { before, after, sum }: BranchConfig, sharesBefore = false): Branch {
    return {
      name: `${name}.sum`,
      before: sharesBefore ? undefined : this.norm(`${name}_norm`, before),
      after: this.norm(`${name}_output_norm`, after),
      sum: this.norm(`${name}_sum_norm`, sum),
    };
  }

  #attention(name: string, config: AttentionConfig, layer: number): Attention {
    const { nHead, nKvHead, headDim, valueDim, scale, softCap, position, scoreBias } = config;
    const reach = reachOf(config.mask);
    const slopes = scoreBias.kind === "alibi" ? this.#slopes(nHead, scoreBias.scale) : undefined;
    return {
      layer: { name, layer, nHead, nKvHead, headDim, valueDim, scale, reach, softCap, slopes },
      qkv: this.linear(`${name}.qkv`),
      queryNorm: this.#headsNorm(`${name}.query_norm`, config.qkNorm, 0, nHead),
      keyNorm: this.#headsNorm(`${name}.key_norm`, config.qkNorm, nHead, nKvHead),
      rotary: position.kind === "rotary" ? this.#rotaryTable(position) : undefined,
      output: this.linear(`${name}.output`),
    };
  }

  /** `first` and `count` are in vectors as long as the norm: one head, or all heads of a kind. */
  #headsNorm(name: string, config: QueryKeyNorm, first: number, count: number): HeadsNorm | undefined {
    if (config.kind === "none") return undefined;
    const norm = this.#present(name, config.norm);
    return config.kind === "head" ? { norm, first, count } : { norm, first: first / count, count: 1 };
  }

  #mlp(name: string, { mlp: config }: LayerConfig): Mlp {
    return {
      config,
      active: `${name}.active`,
      up: this.linear(`${name}.up`),
      down: this.linear(`${name}.down`),
    };
  }

  #bias(name: string): Tensor | undefined {
    const found = this.#matrices.get(`${name}.bias`);
    return found && this.#packing.vector(found);
  }

  #slopes(nHead: number, scale: number): Tensor {
    return this.#packing.tensor(
      Float32Array.from(alibiSlopes(nHead), (slope) => slope * scale),
      nHead,
    );
  }

  #rotaryTable(position: RotaryConfig): RotaryTable {
    const key = JSON.stringify(position);
    const known = this.#rotary.get(key);
    if (known) return known;
    const frequencies = rotaryFrequencies(position.dims, position.theta, position.scaling);
    const { cos, sin } = rotaryAngles(frequencies, this.#contextSize);
    const tensor = (values: Float32Array): Tensor =>
      this.#packing.tensor(values, this.#contextSize, frequencies.length);
    const table = { cos: tensor(cos), sin: tensor(sin) };
    this.#rotary.set(key, table);
    return table;
  }
}

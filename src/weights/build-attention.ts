/** Builds layers of attention, as their config describes them. */
import type { RotaryTable } from "../compute/ops/attention-layers.ts";
import type { Packing } from "../compute/packing/packing.ts";
import type { Tensor } from "../compute/tensor.ts";
import { lengthsOfAngles } from "../model/attention/angles.ts";
import { reachOf } from "../model/attention/masks.ts";
import { rotaryAngles, rotaryFrequencies, rotaryMagnitude } from "../model/attention/rotary.ts";
import type { RotaryConfig } from "../model/attention/rotary-config.ts";
import type { QueryScaleConfig } from "../model/attention/score-config.ts";
import type { AttentionConfig } from "../model/config.ts";
import type { HeadsNorm } from "../model/linear.ts";
import { cachedHeads } from "../model/mixers.ts";
import type { Attention, RelativeBias } from "../model/modules.ts";
import { alibiSlopes, queryFactors, relativeBuckets } from "../model/positions.ts";
import { buildLatent } from "./build-latent.ts";
import type { ModuleBuilder } from "./module-builder.ts";

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all;
}

export class AttentionBuilder {
  readonly #packing: Packing;
  readonly #modules: ModuleBuilder;
  readonly #contextSize: number;
  /** Layers with the same angles share their table. */
  readonly #rotary = new Map<string, RotaryTable>();

  /** @param contextSize rows of computed position tables */
  constructor(packing: Packing, modules: ModuleBuilder, contextSize: number) {
    this.#packing = packing;
    this.#modules = modules;
    this.#contextSize = contextSize;
  }

  attention(name: string, config: AttentionConfig, layer: number): Attention {
    const { nHead, headDim, valueDim, scale, softCap, position, scoreBias, qkNorm } = config;
    const heads = cachedHeads(config);
    const reach = reachOf(config.mask);
    const slopes = scoreBias.kind === "alibi" ? this.#slopes(nHead, scoreBias.scale) : undefined;
    const norms = this.#queryKeyNorms(name, config);
    const values = this.#valueNorm(config);
    const sinks = config.sinks ? this.#modules.vector(`${name}.sinks.weight`) : undefined;
    const isLate = qkNorm.kind !== "none" && qkNorm.afterRotation === true;
    return {
      kind: "attention",
      layer: {
        name,
        layer: config.keysFrom ?? layer,
        queriesOnly: config.keysFrom !== undefined,
        nHead,
        nKvHead: heads.nKvHead,
        headDim: heads.headDim,
        valueDim: heads.valueDim,
        scale,
        reach,
        softCap,
        slopes,
        sinks,
      },
      relativeBias: this.#relativeBias(name, config),
      queryFactors: config.queryScale && this.#queryFactors(config.queryScale),
      qkv: this.#modules.linear(config.latent ? `${name}.query` : `${name}.qkv`),
      latent: config.latent && buildLatent(this.#modules, name, config, config.latent),
      outputGate: config.outputGate ? { first: nHead * headDim, count: nHead * valueDim } : undefined,
      headNorms: [...(isLate ? [] : norms), ...values],
      rotatedNorms: isLate ? norms : [],
      rotary: position.kind === "rotary" ? this.#rotaryTable(position) : undefined,
      output: this.#modules.linear(`${name}.output`),
    };
  }

  #queryKeyNorms(name: string, { qkNorm, nHead, nKvHead, headDim, keysFrom }: AttentionConfig): HeadsNorm[] {
    if (qkNorm.kind === "none") return [];
    /** `first` and `count` are in vectors as long as the norm: one head, or all heads of a kind. */
    const norm = (name: string, first: number, heads: number): HeadsNorm => {
      if (qkNorm.kind !== "row") {
        const own = qkNorm.kind === "heads" ? [heads, headDim] : [headDim];
        return { norm: this.#modules.presentNorm(name, qkNorm.norm, ...own), first, count: heads };
      }
      return {
        norm: this.#modules.presentNorm(name, qkNorm.norm, heads * headDim),
        first: first / heads,
        count: 1,
      };
    };
    const queries = norm(`${name}.query_norm`, 0, nHead);
    return keysFrom === undefined ? [queries, norm(`${name}.key_norm`, nHead, nKvHead)] : [queries];
  }

  /** Unweighted: values have the size of keys. */
  #valueNorm({ valueNorm, nHead, nKvHead, valueDim, keysFrom }: AttentionConfig): HeadsNorm[] {
    if (valueNorm === undefined || keysFrom !== undefined) return [];
    const norm = this.#modules.presentNorm("", valueNorm, valueDim);
    return [{ norm, first: nHead + nKvHead, count: nKvHead }];
  }

  /** Of a layer that has weights of its own. */
  #relativeBias(name: string, { scoreBias, mask }: AttentionConfig): RelativeBias | undefined {
    if (scoreBias.kind !== "relative" || !scoreBias.perLayer) return undefined;
    const buckets = relativeBuckets(scoreBias, reachOf(mask).future > 0);
    return { table: this.#modules.table(`${name}.relative_bias`), buckets: this.#packing.indices(buckets) };
  }

  #queryFactors(scale: QueryScaleConfig): Tensor {
    return this.#packing.tensor(queryFactors(scale, this.#contextSize), this.#contextSize);
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
    const { dims, theta, scaling } = position;
    const lengths = lengthsOfAngles(scaling, this.#contextSize);
    const angles = lengths.map((length) => {
      const frequencies = rotaryFrequencies(dims, theta, scaling, length);
      return rotaryAngles(frequencies, this.#contextSize, rotaryMagnitude(scaling));
    });
    const tensor = (values: readonly Float32Array[]): Tensor =>
      this.#packing.tensor(joined(values), lengths.length * this.#contextSize, dims / 2);
    const [cos, sin] = [angles.map(({ cos }) => cos), angles.map(({ sin }) => sin)];
    const table = { cos: tensor(cos), sin: tensor(sin) };
    this.#rotary.set(key, table);
    return table;
  }
}

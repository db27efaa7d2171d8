/** The linear layers of a decoder by their names in transformers, which PEFT uses for targets. */
import type { WeightSource } from "../../families/description.ts";
import type { DecoderPart } from "../../model/weight-spec.ts";
import type { ResolvedWeight } from "../resolve.ts";

/** A place among the experts of a module. */
export interface ExpertPlace {
  /** Name of the module, with the prefix of the family and without it. */
  readonly owner: string;
  readonly bareOwner: string;
  readonly index: number;
  readonly count: number;
  /** A reads its outputs, and B gives its inputs. */
  readonly turned: boolean;
}

export interface LinearModule {
  /** Such as `transformer.h.0.attn.c_attn` and `model.layers.0.self_attn.q_proj`. */
  readonly name: string;
  /** The same without the prefix of the family: its name in a model that is stored without its head. */
  readonly bareName: string;
  /** Canonical name of the weight that holds the module, in its outputs from `firstOutput` on. */
  readonly weight: string;
  /** The part of the decoder that the weight belongs to. */
  readonly part: DecoderPart;
  readonly firstOutput: number;
  readonly outputs: number;
  readonly inputs: number;
  readonly layout: WeightSource["layout"];
  /** Order of the stored outputs, if that is not the canonical one. */
  readonly rows: WeightSource["rows"];
  /** Number of the expert that it belongs to. */
  readonly expert?: number | undefined;
  /** It is the matrix of one expert in a parameter of all. */
  readonly stack?: ExpertPlace;
}

/**
 * Lists the linear layers in the order of the forward pass, without embeddings and without a tied head.
 *
 * @param prefix of the stored names of the family
 */
export function linearModules(weights: readonly ResolvedWeight[], prefix: string): LinearModule[] {
  return weights.flatMap(({ spec, parts }) => {
    const [, inputs] = spec.shape;
    if (inputs === undefined || spec.kind !== "linear") return [];
    let end = 0;
    // A part of a tensor is no layer by itself.
    if (parts.some(({ source }) => source.range || source.slice)) return [];
    return parts.map(({ source, outputs }) => {
      const firstOutput = end;
      end += outputs;
      const bareName = source.tensor.replace(/\.weight$/, "");
      return {
        name: spec.part === "head" ? bareName : prefix + bareName,
        bareName,
        weight: spec.name,
        part: spec.part,
        firstOutput,
        outputs,
        inputs,
        layout: source.layout,
        rows: source.rows,
        expert: spec.expert,
      };
    });
  });
}

/** All modules but the output head. */
export const blockModules = (modules: readonly LinearModule[]): LinearModule[] =>
  modules.filter(({ part }) => part !== "head");

/** Matches the whole name or its last parts, as PEFT does. */
export const isTarget = ({ name }: LinearModule, target: string): boolean =>
  name === target || name.endsWith(`.${target}`);

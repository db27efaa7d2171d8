/** The linear layers of a decoder by their names in transformers, by which PEFT names the targets of adapters. */
import type { WeightSource } from "../../families/description.ts";
import type { DecoderPart } from "../../model/weights.ts";
import type { ResolvedWeight } from "../resolve.ts";

export interface LinearModule {
  /** Such as `transformer.h.0.attn.c_attn` and `model.layers.0.self_attn.q_proj`. */
  readonly name: string;
  /** The same without the prefix of the family: its name in a model that is stored without its head. */
  readonly bareName: string;
  /** Canonical name of the weight whose outputs, from `firstOutput` on, are the module's. */
  readonly weight: string;
  /** The part of the decoder that the weight belongs to. */
  readonly part: DecoderPart;
  readonly firstOutput: number;
  readonly outputs: number;
  readonly inputs: number;
  readonly layout: WeightSource["layout"];
}

/**
 * Lists the linear layers in the order of the forward pass; embeddings, and a head that is one, are not among them.
 *
 * @param prefix of the family's stored names
 */
export function linearModules(weights: readonly ResolvedWeight[], prefix: string): LinearModule[] {
  return weights.flatMap(({ spec, parts }) => {
    const [, inputs] = spec.shape;
    if (inputs === undefined || spec.kind !== "linear") return [];
    let end = 0;
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
      };
    });
  });
}

/** Those of the blocks: all but the output head. */
export const blockModules = (modules: readonly LinearModule[]): LinearModule[] =>
  modules.filter(({ part }) => part !== "head");

/** As PEFT decides it: by the whole name or by its last parts. */
export const isTarget = ({ name }: LinearModule, target: string): boolean =>
  name === target || name.endsWith(`.${target}`);

/**
 * The experts of a mixture as transformers 5 keeps them: a layer has two parameters with the matrices of all
 * experts, whatever its file has. PEFT's `target_parameters` names them. Their adapters have one A [experts
 * rank, inputs], with the rows of one expert after the other, and one B [outputs, rank experts], with the
 * columns of the experts in turn.
 */
import type { ResolvedWeight } from "../resolve.ts";
import type { LinearModule } from "./modules.ts";

/** The modules of a layer that experts' matrices belong to: those of files before transformers 5, too. */
const CONTAINER = /^(.*)\.experts\b.*$/;
const STACKED_LAYER = /^(.*)\.(?:input_linear|output_linear)\.weight$/;

/** Each expert's part of the parameters. */
export function expertParameters(weights: readonly ResolvedWeight[], prefix: string): LinearModule[] {
  const ofExperts = weights.filter(
    ({ spec: { module, kind } }) => kind === "linear" && module.startsWith("blocks.*.mlp.experts."),
  );
  const counts = new Map<string, number>();
  const layerOf = ({ spec }: ResolvedWeight) => `${spec.layer} ${spec.module}`;
  for (const weight of ofExperts) counts.set(layerOf(weight), (counts.get(layerOf(weight)) ?? 0) + 1);
  return ofExperts.flatMap((weight) => {
    const { spec, parts } = weight;
    const [first] = parts;
    const [outputs, inputs] = spec.shape;
    const { expert: index } = spec;
    const owner = first && ownerOf(first.source.tensor);
    if (index === undefined || inputs === undefined || owner === undefined) return [];
    const parameter = spec.module.endsWith(".up") ? "gate_up_proj" : "down_proj";
    return {
      name: `${prefix}${owner}.${parameter}`,
      bareName: `${owner}.${parameter}`,
      weight: spec.name,
      part: spec.part,
      firstOutput: 0,
      outputs,
      inputs,
      layout: "linear",
      rows: parts.length === 1 ? first?.source.rows : undefined,
      expert: index,
      stack: {
        owner: prefix + owner,
        bareOwner: owner,
        index,
        count: counts.get(layerOf(weight)) ?? 0,
        turned: first?.source.adaptersTurn === true,
      },
    };
  });
}

/** The module of transformers 5 whose parameters the tensor is a part of. */
function ownerOf(tensor: string): string | undefined {
  const stacked = STACKED_LAYER.exec(tensor)?.[1];
  if (stacked !== undefined) return `${stacked}.experts`;
  const layer = CONTAINER.exec(tensor)?.[1];
  return layer && `${layer.replace(/\.block_sparse_moe$/, ".mlp")}.experts`;
}

/**
 * The modules that PEFT wraps for parameters, by the names of the parameters: it wraps a module once for each
 * of its parameters, the first one innermost.
 *
 * @param isNested whether the parameters of an owner have two wraps
 */
export function wrapOf({ name, stack }: LinearModule, isNested: (owner: string) => boolean): string {
  if (stack === undefined) return name;
  return isNested(stack.owner) && name.endsWith(".gate_up_proj") ? `${stack.owner}.base_layer` : stack.owner;
}

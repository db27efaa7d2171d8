/**
 * LoRA (Hu et al. 2021): the weights of the model stay as they are. Matrices of low rank beside its linear
 * layers are trained.
 */

import { checkOptions, flag, number, type Rule, wholeFrom } from "../../checks/rules.ts";
import type { Packing } from "../../compute/packing/packing.ts";
import type { Matrix } from "../../compute/tensor.ts";
import { GptError } from "../../errors.ts";
import { quote } from "../../files/quote.ts";
import { Random } from "../../generate/sampling/random.ts";
import type { AdaptedModule } from "../../weights/adapters/adapted-module.ts";
import { ALL_LINEAR } from "../../weights/adapters/config.ts";
import { type RowSquares, squaresOf } from "../../weights/adapters/low-rank.ts";
import { isTarget, type LinearModule } from "../../weights/adapters/modules.ts";
import { QUANTIZATIONS, type Quantization } from "../../weights/dtype.ts";

export const LORA_SCALINGS = ["rank", "root"] as const;
export type LoraScaling = (typeof LORA_SCALINGS)[number];

/** Names and defaults are those of PEFT, except the default of the targets. */
export interface Lora {
  /** Inner width of the matrices. Default 8. */
  readonly rank: number;
  /** Their product is multiplied by alpha / rank, or by what `scaling` says. Default 8. */
  readonly alpha: number;
  /**
   * `root`: alpha / sqrt(rank), so that a large rank learns as fast (rsLoRA, Kalajdzievski 2023). Default
   * `rank`.
   */
  readonly scaling: LoraScaling;
  /**
   * Whether the lengths of the changed rows are trained by themselves (DoRA, Liu et al. 2024). Default false.
   */
  readonly dora: boolean;
  /** The learning rate of B by that of A (LoRA+, Hayou et al. 2024, who advise 16). Default 1. */
  readonly plusRatio: number;
  /** Probability that an element of their input is dropped. Default 0. */
  readonly dropout: number;
  /**
   * Layers by the last parts of their names, such as `c_attn`, `mlp.c_proj` and `q_proj`; `all-linear` for
   * all except the head. Default `all-linear`, which learns more than an adapter of the attention alone
   * (Dettmers et al. 2023, section 4).
   */
  readonly targets: readonly string[];
  /** A directory of PEFT whose matrices the run starts from. Default: A is drawn, B is zero. */
  readonly init?: string | undefined;
  /**
   * Type in memory of the model's matrices, which stay as they are (QLoRA, Dettmers et al. 2023). Default:
   * the stored one. The adapter is that of the quantized model.
   */
  readonly quantization?: Quantization | undefined;
}

/** Options of a caller. An undefined one counts as missing. */
export type ChosenLora = { readonly [Name in keyof Lora]?: Lora[Name] | undefined };

const DEFAULTS: Lora = {
  ...{ rank: 8, alpha: 8, scaling: "rank", dora: false, plusRatio: 1 },
  ...{ dropout: 0, targets: [ALL_LINEAR] },
};

const rules: Readonly<Record<keyof Lora, Rule>> = {
  rank: wholeFrom(1),
  alpha: number("a number above 0", (value) => value > 0),
  scaling: {
    expected: `one of ${LORA_SCALINGS.join(", ")}`,
    holds: (value) => LORA_SCALINGS.some((name) => name === value),
  },
  dora: flag,
  plusRatio: number("a number above 0", (value) => value > 0),
  dropout: number("a number from 0 to below 1", (value) => value >= 0 && value < 1),
  quantization: {
    expected: `one of ${Object.keys(QUANTIZATIONS).join(", ")}`,
    holds: (value) => typeof value === "string" && Object.hasOwn(QUANTIZATIONS, value),
  },
  init: { expected: "the path of an adapter", holds: (value) => typeof value === "string" && value !== "" },
  targets: {
    expected: "a list of names of layers",
    holds: (value) =>
      Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === "string"),
  },
};

/** @throws GptError `usage` for a value outside its range, and for an unknown option */
export const resolveLora = (given: ChosenLora): Lora => ({
  ...DEFAULTS,
  ...checkOptions(given as Partial<Lora>, rules),
});

/** What an adapter may change: the layers that `all-linear` means, and those of experts. */
export interface Layers {
  readonly usual: readonly LinearModule[];
  readonly ofExperts: readonly LinearModule[];
}

/**
 * The names of target modules, and of parameters of experts, as PEFT writes them.
 *
 * @throws GptError `usage` for a name that no module has
 */
export function targetNames(targets: readonly string[], { usual, ofExperts }: Layers): Targets {
  const known = [...new Set(usual.map(({ name }) => name.slice(name.lastIndexOf(".") + 1)))];
  const chosen = targets.filter((target) => target !== ALL_LINEAR);
  const modules = [...usual, ...ofExperts];
  const stray = chosen.find((target) => !modules.some((module) => isNamed(module, target)));
  if (stray !== undefined) {
    const experts = ofExperts.some(({ stack }) => stack) ? [...EXPERT_PARAMETERS] : [];
    const advice = `they are ${[...known, ...experts].join(", ")}, or ${ALL_LINEAR}`;
    throw new GptError("usage", `lora targets: no linear layer is named ${quote(stray)}: ${advice}`);
  }
  const isParameter = (target: string) =>
    ofExperts.some((module) => module.stack !== undefined && isNamed(module, target));
  const named = chosen.filter((target) => !isParameter(target));
  return {
    targets: targets.includes(ALL_LINEAR) ? [...new Set([...known, ...named])] : named,
    parameters: chosen.filter(isParameter),
  };
}

/** Targets of an adapter_config.json. */
interface Targets {
  readonly targets: readonly string[];
  readonly parameters: readonly string[];
}

const EXPERT_PARAMETERS = ["experts.gate_up_proj", "experts.down_proj"];

/** A parameter has the module of the experts in its name: layers may end with the same word. */
const isNamed = (module: LinearModule, target: string): boolean =>
  isTarget(module, target) && (module.stack === undefined || target.includes("experts."));

/** Factor of B A. */
export const scalingOf = ({ alpha, rank, scaling }: Pick<Lora, "alpha" | "rank" | "scaling">): number =>
  alpha / (scaling === "root" ? Math.sqrt(rank) : rank);

/** The modules that targets name. */
export const targetModules = (targets: readonly string[], { usual, ofExperts }: Layers): LinearModule[] => [
  ...(targets.includes(ALL_LINEAR)
    ? usual
    : usual.filter((module) => targets.some((target) => isNamed(module, target)))),
  ...ofExperts.filter((module) => targets.some((target) => isNamed(module, target))),
];

/**
 * Matrices before the first step, by their stored names, as PEFT draws them: A from a uniform distribution
 * within 1 / sqrt(inputs) (He et al. 2015, with a = sqrt(5)), B zero. So the model begins as the one without
 * an adapter. Magnitudes begin as the lengths of the rows.
 *
 * @param squares of these lengths, if the adapter has magnitudes
 * @param seed unsigned 32-bit integer
 */
export async function drawAdapter(
  packing: Packing,
  adapted: readonly AdaptedModule[],
  squares: RowSquares,
  seed: number,
): Promise<Map<string, Matrix>> {
  const matrices = new Map<string, Matrix>();
  for (const [i, { module, a, b, magnitudes }] of adapted.entries()) {
    const random = new Random(seed, i + 1);
    const [rank, inputs = 1] = a.spec.shape;
    const bound = 1 / Math.sqrt(inputs);
    const drawn = Float32Array.from({ length: rank * inputs }, () => bound * (2 * random.uniform() - 1));
    const zeros = new Float32Array(b.spec.shape[0] * rank);
    matrices.set(a.spec.name, await packing.packed(drawn, rank, inputs));
    matrices.set(b.spec.name, await packing.packed(zeros, b.spec.shape[0], rank));
    if (magnitudes === undefined) continue;
    const lengths = Float32Array.from(squaresOf(squares, module), Math.sqrt);
    matrices.set(magnitudes.spec.name, await packing.packed(lengths, lengths.length, 1));
  }
  return matrices;
}

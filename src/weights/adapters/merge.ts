/** Puts adapters into the weights of a model: W + scale B A, in f32. */
import type { Checkpoint } from "../../checkpoint/checkpoint.ts";
import { checkOptions, checkValue } from "../../checks/rules.ts";
import { createIndices } from "../../compute/batch.ts";
import { Arena } from "../../compute/memory/arena.ts";
import { KernelOps } from "../../compute/ops/kernel-ops.ts";
import { Packing } from "../../compute/packing/packing.ts";
import type { Runtime } from "../../compute/runtime.ts";
import type { Matrix, Tensor, WeightDtype } from "../../compute/tensor.ts";
import type { ModelDescription } from "../../families/description.ts";
import { parseModel } from "../../families/parse.ts";
import { asDirectory } from "../directory-view.ts";
import { type LoadProgress, loadMatrices, matrixNamed } from "../load.ts";
import { type ResolvedWeight, resolveWeights, type StoredWeight } from "../resolve.ts";
import { type AdaptedModule, openAdapter, resolveAdapter } from "./adapter.ts";
import { type AdapterChoice, choiceRules, choicesRule } from "./choice.ts";
import { type LinearModule, linearModules } from "./modules.ts";

/** Bytes of a weight that are changed at once. */
const STRETCH_BYTES = 1 << 20;

/** An adapter whose layers were found in the model. */
export interface FoundAdapter {
  readonly modules: readonly AdaptedModule[];
  /** What B A is multiplied by. */
  readonly scale: number;
}

/**
 * @throws GptError `not-found` for an adapter that is not there, `invalid-file` for one that is corrupt or does not fit the
 *   model, `usage` for a scale that is no number
 */
export async function findAdapters(
  choices: readonly AdapterChoice[],
  checkpoint: Checkpoint,
  description: ModelDescription,
  weights: readonly ResolvedWeight[],
): Promise<FoundAdapter[]> {
  checkValue("adapters", choices, choicesRule);
  if (choices.length === 0) return [];
  const modules = await modulesOf(checkpoint, description, weights);
  const found: FoundAdapter[] = [];
  for (const choice of choices) {
    const { path = "", scale = 1 } = checkOptions(choice, choiceRules);
    const adapter = await openAdapter(path);
    found.push({ modules: resolveAdapter(adapter, modules), scale: scale * adapter.config.scaling });
  }
  return found;
}

/** The linear layers by the names of transformers, which those of a GGUF file have as a directory only. */
async function modulesOf(
  checkpoint: Checkpoint,
  { prefix }: ModelDescription,
  weights: readonly ResolvedWeight[],
): Promise<LinearModule[]> {
  if (checkpoint.format === "huggingface") return linearModules(weights, prefix);
  const directory = await asDirectory(checkpoint);
  const description = await parseModel(directory);
  return linearModules(resolveWeights(directory, description), description.prefix);
}

/** Weights that adapters change are f32 in memory, all others as `dtypeOf` has it. */
export function adaptedDtype(
  adapters: readonly FoundAdapter[],
  dtypeOf: (weight: ResolvedWeight) => WeightDtype,
): (weight: ResolvedWeight) => WeightDtype {
  const changed = new Set(adapters.flatMap(({ modules }) => modules.map(({ module }) => module.weight)));
  return (weight) => (changed.has(weight.spec.name) ? "f32" : dtypeOf(weight));
}

/**
 * Changes weights by adapters, one after the other.
 *
 * @param matrices by canonical name; those that change are f32
 * @throws the signal's reason when it is aborted
 */
export async function addAdapters(
  runtime: Runtime,
  threads: number,
  matrices: ReadonlyMap<string, Matrix>,
  adapters: readonly FoundAdapter[],
  { signal }: Pick<LoadProgress, "signal">,
): Promise<void> {
  const merger = new Merger(runtime, threads);
  for (const { modules, scale } of adapters) {
    for (const adapted of modules) {
      signal?.throwIfAborted();
      await merger.add(matrixNamed(matrices, adapted.module.weight), adapted, scale);
    }
  }
}

class Merger {
  readonly #runtime: Runtime;
  readonly #threads: number;
  readonly #ops: KernelOps;

  constructor(runtime: Runtime, threads: number) {
    this.#runtime = runtime;
    this.#threads = threads;
    this.#ops = new KernelOps(runtime, threads);
  }

  /** Adds scale B A to the module's outputs of a weight. */
  async add(weight: Matrix, { module, a, b }: AdaptedModule, scale: number): Promise<void> {
    const arena = new Arena(this.#runtime.memory);
    try {
      const packing = new Packing(this.#runtime, this.#threads, arena);
      const loaded = await loadMatrices(packing, [transposed(a), b], () => "f32", {});
      const [right, left] = [a, b].map(({ spec }) => matrixNamed(loaded, spec.name)) as [Matrix, Matrix];
      const step = Math.max(1, Math.floor(STRETCH_BYTES / (4 * module.inputs)));
      for (let first = 0; first < module.outputs; first += step) {
        const outputs = Math.min(step, module.outputs - first);
        const firstOutput = module.firstOutput + first;
        const place = { firstOutput, outputs, firstInput: 0, inputs: module.inputs };
        const chunk = { dtype: "F32", transposed: false, rotaryPairs: 0, ...place } as const;
        await packing.pack(weight, chunk, (staging) => {
          const rows = this.#rows(weight, firstOutput, outputs);
          this.#ops.addLinear(rows, this.#rows(left, first, outputs), right, 0, scale);
          staging.set(new Uint8Array(this.#ops.read(rows).buffer));
        });
      }
    } finally {
      arena.freeAll();
    }
  }

  /** The rows of a matrix [outputs, inputs], for so many of its outputs. */
  #rows(matrix: Matrix, first: number, count: number): Tensor {
    const ids = Array.from({ length: count }, (_, i) => first + i);
    return this.#ops.embedding({ weight: matrix }, createIndices(this.#runtime, ids));
  }
}

/** A weight that is read as its transpose. */
function transposed({ spec, parts }: StoredWeight): StoredWeight {
  const [outputs, inputs = 1] = spec.shape;
  return {
    spec: { ...spec, shape: [inputs, outputs] },
    parts: parts.map((part) => ({ ...part, outputs: inputs, source: { ...part.source, layout: "conv1d" } })),
  };
}

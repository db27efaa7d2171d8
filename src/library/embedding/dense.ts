/** Dense layers behind the pooling of an embedding model: activation(W x + b). */
import { openDirectory } from "../../checkpoint/directory.ts";
import { createRows } from "../../compute/create-rows.ts";
import { KernelOps } from "../../compute/ops/kernel-ops.ts";
import type { Linear } from "../../compute/ops/ops.ts";
import { GptError } from "../../errors.ts";
import type { DenseModule } from "../../families/embedding/modules.ts";
import { matrixNamed } from "../../weights/load.ts";
import { type EngineChoice, type OpenWeights, openWeights } from "../../weights/open.ts";
import { checkStored } from "../../weights/resolve.ts";

interface Layer extends Pick<DenseModule, "activation"> {
  readonly linear: Linear;
}

export class DenseLayers {
  readonly #open: OpenWeights;
  readonly #ops: KernelOps;
  readonly #layers: readonly Layer[];

  private constructor(open: OpenWeights, layers: readonly Layer[]) {
    this.#open = open;
    this.#ops = new KernelOps(open.runtime, open.threads);
    this.#layers = layers;
  }

  /** @throws GptError `not-found` and `invalid-file` for weights that are missing or of another shape */
  static async load(modules: readonly DenseModule[], choice: EngineChoice): Promise<DenseLayers> {
    const open = openWeights(choice);
    return await open.handOver(async () => {
      const layers: Layer[] = [];
      for (const module of modules) layers.push(await loadLayer(open, module));
      return new DenseLayers(open, layers);
    });
  }

  /** The outputs of the last layer for each vector. */
  async apply(vectors: readonly Float32Array[]): Promise<Float32Array[]> {
    const [first] = vectors;
    if (this.#layers.length === 0 || first === undefined) return [...vectors];
    const { runtime } = this.#open;
    return await runtime.exclusively(async () => {
      const mark = runtime.scratch.mark();
      try {
        let x = createRows(runtime, vectors);
        for (const { linear, activation } of this.#layers) {
          x = this.#ops.linear(x, linear);
          if (activation !== "none") x = this.#ops.activation(activation, x);
        }
        const out = this.#ops.read(x);
        const width = out.length / vectors.length;
        return vectors.map((_, i) => out.slice(i * width, (i + 1) * width));
      } finally {
        runtime.scratch.release(mark);
      }
    });
  }

  close(): void {
    this.#open[Symbol.dispose]();
  }
}

/** Its tensors are `linear.weight` and `linear.bias`. */
async function loadLayer(
  open: OpenWeights,
  { directory, inputs, outputs, bias, activation }: DenseModule,
): Promise<Layer> {
  const { tensors } = await openDirectory(directory);
  const shapes: [name: string, shape: [number, number] | [number]][] = [
    ["linear.weight", [outputs, inputs]],
    ...(bias ? [["linear.bias", [outputs]] as [string, [number]]] : []),
  ];
  const weights = shapes.map(([name, shape]) => {
    const stored = tensors.get(name);
    if (stored === undefined) throw new GptError("invalid-file", `${directory}: has no tensor ${name}`);
    checkStored(stored, shape);
    return {
      spec: { name, shape },
      parts: [{ source: { tensor: name, layout: "linear" as const }, stored, outputs }],
    };
  });
  const matrices = await open.load(weights, () => "f32");
  const added = bias ? open.packing.vector(matrixNamed(matrices, "linear.bias")) : undefined;
  return { linear: { weight: matrixNamed(matrices, "linear.weight"), bias: added }, activation };
}

/**
 * Runs calibration sequences through a decoder one block at a time. The states between blocks are kept, so a
 * block can run again once its weights have changed.
 */
import { createRows } from "../compute/create-rows.ts";
import { KernelOps } from "../compute/ops/kernel-ops.ts";
import type { Ops } from "../compute/ops/ops.ts";
import { OpsDecorator } from "../compute/ops/ops-decorator.ts";
import { dimensions, type Tensor } from "../compute/tensor.ts";
import { GptError } from "../errors.ts";
import type { Block, Decoder } from "../model/modules.ts";
import { WholePass } from "../train/step/whole-pass.ts";
import type { OpenWeights } from "../weights/open.ts";

/** Adds operations around those of the kernels, such as some that observe. */
export type Around = (ops: Ops) => Ops;

export class BlockWalk {
  readonly #open: OpenWeights;
  readonly #decoder: Decoder;
  readonly #blocks: readonly Block[];
  readonly #sequences: readonly (readonly number[])[];
  readonly #signal: AbortSignal | undefined;
  #states: readonly Float32Array[] = [];

  /** @throws GptError `usage` for a model whose blocks read more than the output of the block before */
  constructor(
    open: OpenWeights,
    path: string,
    decoder: Decoder,
    sequences: readonly (readonly number[])[],
    signal?: AbortSignal,
  ) {
    refuseConnected(path, decoder);
    this.#open = open;
    this.#decoder = decoder;
    this.#blocks = decoder.stages.flatMap(({ blocks }) => blocks);
    this.#sequences = sequences;
    this.#signal = signal;
  }

  /** Of each sequence what enters the next block, (T, C). */
  get states(): readonly Float32Array[] {
    return this.#states;
  }

  /** Reads the embeddings of all sequences. */
  async begin(): Promise<void> {
    this.#states = await this.#run([], this.#decoder, () => (ops) => ops);
  }

  /** Runs a block over all sequences, and leaves its outputs aside. */
  async observe(layer: number, around: Around): Promise<void> {
    await this.#through(layer, around);
  }

  /** Runs a block over all sequences. Its outputs enter the next block. */
  async advance(layer: number): Promise<void> {
    this.#states = await this.#through(layer, (ops) => ops);
  }

  #through(layer: number, around: Around): Promise<Float32Array[]> {
    const { tokens } = this.#decoder.embedding;
    const rows = { scale: 1, projection: undefined, positions: undefined, types: undefined, norm: undefined };
    const decoder = { ...this.#decoder, embedding: { tokens, ...rows } };
    return this.#run([this.#blocks[layer] as Block], decoder, (i) => (ops) => {
      return new GivenEmbeddings(around(ops), this.#states[i] as Float32Array, this.#open);
    });
  }

  async #run(
    blocks: readonly Block[],
    decoder: Decoder,
    aroundOf: (sequence: number) => Around,
  ): Promise<Float32Array[]> {
    const { runtime, threads } = this.#open;
    const body = { ...decoder, stages: [{ blocks }], finalNorm: undefined };
    const outputs: Float32Array[] = [];
    for (const [i, inputs] of this.#sequences.entries()) {
      await runtime.exclusively(async () => {
        const mark = runtime.scratch.mark();
        try {
          const ops = aroundOf(i)(new KernelOps(runtime, threads));
          using pass = new WholePass(runtime, ops, body, false, () => runtime.pause(this.#signal));
          const states = await pass.run([{ inputs, targets: [] }]);
          const [rows, width] = dimensions(states);
          outputs.push(runtime.memory.f32(states.ptr, rows * width).slice());
        } finally {
          runtime.scratch.release(mark);
        }
      });
    }
    return outputs;
  }
}

/** Operations that give rows in the place of those of the table of tokens. */
class GivenEmbeddings extends OpsDecorator {
  readonly #rows: Float32Array;
  readonly #open: OpenWeights;

  constructor(inner: Ops, rows: Float32Array, open: OpenWeights) {
    super(inner);
    this.#rows = rows;
    this.#open = open;
  }

  protected around(inner: Ops): Ops {
    return new GivenEmbeddings(inner, this.#rows, this.#open);
  }

  override embedding(_: unknown, { length }: { readonly length: number }): Tensor {
    const width = this.#rows.length / length;
    const { shape: _one, ...tensor } = createRows(this.#open.runtime, [this.#rows]);
    return { ...tensor, shape: [length, width] };
  }
}

function refuseConnected(
  path: string,
  { config, relativeBias, layerInputs, streams, encoder }: Decoder,
): void {
  const sharesKeys = config.layers.some(
    ({ mixer }) => mixer.kind === "attention" && mixer.keysFrom !== undefined,
  );
  const found = [
    [encoder !== undefined, "an encoder"],
    [relativeBias !== undefined, "one table of relative positions"],
    [layerInputs !== undefined, "inputs of layers"],
    [streams !== undefined, "parallel residual streams"],
    [sharesKeys, "layers with the keys of others"],
  ].find(([holds]) => holds);
  if (found === undefined) return;
  throw new GptError("usage", `${path}: has ${found[1]}, which this method cannot prune yet: try magnitude`);
}

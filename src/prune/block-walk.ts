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
import type { DecoderConfig } from "../model/config.ts";
import { attentionsOf } from "../model/mixers.ts";
import type { Block, Decoder } from "../model/modules.ts";
import { WholePass } from "../train/step/whole-pass.ts";
import type { OpenWeights } from "../weights/open.ts";

/** Adds operations around those of the kernels, such as some that observe. */
export type Around = (ops: Ops) => Ops;

/** A model and what is to run through it. */
export interface WalkedModel {
  readonly open: OpenWeights;
  /** Of the model, for errors. */
  readonly path: string;
  readonly config: DecoderConfig;
  readonly decoder: () => Promise<Decoder>;
  readonly sequences: readonly (readonly number[])[];
}

export class BlockWalk {
  readonly #open: OpenWeights;
  readonly #decoder: Decoder;
  readonly #blocks: readonly Block[];
  readonly #sequences: readonly (readonly number[])[];
  readonly #signal: AbortSignal | undefined;
  #states: readonly Float32Array[] = [];

  private constructor(
    open: OpenWeights,
    decoder: Decoder,
    sequences: readonly (readonly number[])[],
    signal: AbortSignal | undefined,
  ) {
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

  /**
   * Reads the embeddings of all sequences.
   *
   * @throws GptError `usage` for a model whose blocks read more than the output of the block before
   */
  static async begin(
    { open, path, config, decoder, sequences }: WalkedModel,
    signal?: AbortSignal,
  ): Promise<BlockWalk> {
    refuseConnected(path, config);
    const walk = new BlockWalk(open, await decoder(), sequences, signal);
    walk.#states = await walk.#run([], walk.#decoder, () => (ops) => ops);
    return walk;
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
    // Whatever the head reads: the states of all rows are wanted.
    const config = { ...decoder.config, head: { kind: "none" } as const };
    const body = { ...decoder, config, stages: [{ blocks }], finalNorm: undefined };
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

/** @throws GptError `usage` for a model whose layers cannot run one at a time, with rows of the one before */
function refuseConnected(path: string, config: DecoderConfig): void {
  const { layers, encoder, streams, embedding, head } = config;
  const attentions = attentionsOf(config);
  const found = [
    [encoder !== undefined, "an encoder"],
    [head.kind === "none", "no head"],
    [streams !== undefined, "parallel residual streams"],
    [embedding.layerInputs !== undefined, "inputs of layers"],
    [attentions.length < layers.length, "recurrent layers"],
    [attentions.some(({ scoreBias }) => scoreBias.kind === "relative"), "one table of relative positions"],
    [attentions.some(({ keysFrom }) => keysFrom !== undefined), "layers with the keys of others"],
  ].find(([holds]) => holds);
  if (found === undefined) return;
  throw new GptError("usage", `${path}: has ${found[1]}, which this method cannot prune yet: try magnitude`);
}

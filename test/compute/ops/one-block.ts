/** A block of a decoder over operations of any kind, for tests of decorators. */
import { type Batch, createBatch } from "../../../src/compute/batch.ts";
import { KvCache } from "../../../src/compute/memory/kv-cache.ts";
import type { AttentionLayer } from "../../../src/compute/ops/attention-layers.ts";
import type { Ops } from "../../../src/compute/ops/ops.ts";
import type { Matrix, Tensor } from "../../../src/compute/tensor.ts";
import { RecordingOps } from "../../../src/compute/training/recording-ops.ts";
import { Tape } from "../../../src/compute/training/tape.ts";
import { TestRandom } from "../../reference/random.ts";
import { attentionLayer, type Laboratory } from "../laboratory.ts";

export const ROWS = 37;
const WIDTH = 12;
export const HEADS = { nHead: 3, nKvHead: 1, headDim: 4 };

type Weights = Readonly<Record<"table" | "qkv" | "output" | "up" | "down", Matrix>>;

/** One block: a norm, attention with its residual connection, a feed-forward layer with another. */
export class Block {
  readonly attention: AttentionLayer = { ...attentionLayer(HEADS), name: "blocks.0.attention" };
  readonly #lab: Laboratory;
  readonly #cache: KvCache;
  readonly #batch: Batch;
  readonly #norm: Tensor;
  readonly #weights: Weights;

  private constructor(lab: Laboratory, norm: Tensor, weights: Weights) {
    this.#lab = lab;
    this.#norm = norm;
    this.#weights = weights;
    this.#cache = new KvCache(lab.runtime.memory, { layers: [HEADS] }, ROWS);
    this.#cache.grow(ROWS);
    const ids = Array.from({ length: ROWS }, (_, i) => (5 * i) % 20);
    this.#batch = createBatch(lab.runtime, [{ cache: this.#cache, start: 0, ids }]);
  }

  static async create(lab: Laboratory): Promise<Block> {
    const random = new TestRandom(3);
    const matrix = (outputs: number, inputs: number) => lab.matrix(random.matrix(outputs, inputs));
    return new Block(lab, await lab.vector(random.vector(WIDTH)), {
      table: await matrix(20, WIDTH),
      qkv: await matrix(20, WIDTH),
      output: await matrix(WIDTH, WIDTH),
      up: await matrix(24, WIDTH),
      down: await matrix(WIDTH, 24),
    });
  }

  get matrices(): readonly Matrix[] {
    return Object.values(this.#weights);
  }

  forward(ops: Ops): Tensor {
    const { table, qkv, output, up, down } = this.#weights;
    const norm = { name: "blocks.0.attention_norm", weight: this.#norm, epsilon: 1e-5 };
    const x = ops.embedding({ name: "token_embedding", weight: table }, this.#batch.ids);
    const y = ops.update(x, () => {
      const heads = ops.linear(ops.normalize(x, norm), { name: "blocks.0.attention.qkv", weight: qkv });
      ops.storeKeysValues(heads, this.attention, this.#batch);
      const mixed = ops.attention(heads, this.attention, this.#batch);
      const attended = ops.linear(mixed, { name: "blocks.0.attention.output", weight: output });
      return ops.residual("blocks.0.attention.sum", x, attended);
    });
    return ops.update(y, () => {
      const hidden = ops.linear(y, { name: "blocks.0.mlp.up", weight: up });
      const active = ops.activation("gelu_tanh", hidden, "blocks.0.mlp.active");
      return ops.residual(
        "blocks.0.mlp.sum",
        y,
        ops.linear(active, { name: "blocks.0.mlp.down", weight: down }),
      );
    });
  }

  /** The results and the gradients of all matrices, with operations wrapped around a tape. */
  async differentiate(wrap: (ops: Ops) => Ops): Promise<number[][]> {
    const gradients = await Promise.all(
      this.matrices.map(({ outputs, inputs }) => this.#lab.matrix(zeros(outputs, inputs))),
    );
    const trained = this.matrices.map((value, i) => ({ value, gradient: gradients[i] as Matrix }));
    const tape = new Tape(this.#lab.runtime, 1, trained);
    const mark = tape.mark();
    tape.begin({ rate: 0.2, seed: 1, step: 2, pass: 3 });
    const out = this.forward(new RecordingOps(tape, wrap(this.#lab.ops)));
    const values = [...this.#lab.ops.read(out)];
    tape.ops.crossEntropy(out, Array(ROWS).fill(4), new Float32Array(ROWS).fill(1), 0);
    tape.begins(out);
    await tape.backward(mark, async () => {});
    tape.reset(mark);
    return [values, ...gradients.map((gradient) => this.#lab.unpack(gradient).flat())];
  }

  free(): void {
    this.#cache.free();
  }
}

const zeros = (outputs: number, inputs: number) =>
  Array.from({ length: outputs }, () => Array<number>(inputs).fill(0));

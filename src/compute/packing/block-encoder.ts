/** Encodes rows of floats as blocks of ggml. */
import { KernelRunner } from "../kernels/kernel-runner.ts";
import { ENCODER_SCRATCH, kernels } from "../kernels/table.ts";
import { BLOCK_TYPES, type BlockDtype, storedBytes } from "./stored-types.ts";

/** Rows in the lanes of a vector. */
const LANES = 4;

/** The cost of an element: about twenty tries with thirty instructions for four rows. */
const SEARCH = 200;

export class BlockEncoder extends KernelRunner {
  /**
   * @param rows [count, inputs]
   * @param importance the mean square of each input
   */
  encode(
    type: BlockDtype,
    rows: Float32Array,
    inputs: number,
    importance?: Float32Array,
  ): Uint8Array<ArrayBuffer> {
    const { memory, scratch } = this.runtime;
    const { id, block, bytes } = BLOCK_TYPES[type];
    const count = rows.length / inputs;
    const outStep = storedBytes(type, inputs);
    const result = new Uint8Array(count * outStep);
    const place = (values: Float32Array): number => {
      const ptr = scratch.allocate(values.byteLength);
      memory.f32(ptr, values.length).set(values);
      return ptr;
    };
    this.temporarily(() => {
      const out = scratch.allocate(result.length);
      this.run(kernels.encodeBlocks, Math.ceil(count / LANES), SEARCH * LANES * inputs, {
        out,
        outStep,
        rows: place(rows),
        count,
        inputs,
        type: id,
        block,
        blockBytes: bytes,
        importance: importance === undefined ? 0 : place(importance),
        scratch: this.scratch(ENCODER_SCRATCH),
      });
      result.set(memory.bytes(out, result.length));
    });
    return result;
  }
}

/** Reads the bytes of tensors. Opens each file of a checkpoint once. */

import { InputFile } from "../files/file.ts";
import { quote } from "../files/quote.ts";
import type { Coded, StoredTensor } from "./checkpoint.ts";
import { decodeCoded, type Read } from "./coded.ts";
import { interleaveMxfp4, MXFP4_BYTES } from "./mxfp4.ts";

export class TensorReader implements AsyncDisposable {
  readonly #files = new Map<string, Promise<InputFile>>();

  /**
   * Fills `target` with the bytes of a tensor from its byte `begin` on. `target` may be a view of shared
   * memory. Of blocks that are stored apart, and of codes, only whole ones can be read.
   *
   * @throws GptError `not-found` or `invalid-file` for a file that is gone or has become shorter
   */
  async read(tensor: StoredTensor, begin: number, target: Uint8Array): Promise<void> {
    if (begin < 0 || begin + target.byteLength > tensor.byteLength) {
      throw new RangeError(`${tensor.name}: bytes ${begin} + ${target.byteLength} of ${tensor.byteLength}`);
    }
    if (tensor.coded) return await this.#readCoded(tensor.coded, tensor.offset + begin, target);
    if (tensor.apart) return await this.#readApart(tensor.apart, tensor.offset + begin, target);
    let opening = this.#files.get(tensor.file);
    if (opening === undefined) {
      opening = InputFile.open(tensor.file);
      this.#files.set(tensor.file, opening);
    }
    const file = await opening;
    await file.read(tensor.offset + begin, target, `tensor ${quote(tensor.name)}`);
  }

  /** Whole floats. @param begin of their bytes */
  async #readCoded(coded: Coded, begin: number, target: Uint8Array): Promise<void> {
    const values = new Float32Array(target.byteLength / 4);
    const read: Read = (tensor, begin, target) => this.read(tensor, begin, target);
    await decodeCoded(read, coded, begin / 4, values);
    target.set(new Uint8Array(values.buffer));
  }

  /** Joins whole blocks. @param begin of the joined bytes */
  async #readApart(
    { blocks, scales }: NonNullable<StoredTensor["apart"]>,
    begin: number,
    target: Uint8Array,
  ): Promise<void> {
    const first = begin / MXFP4_BYTES;
    const own = new Uint8Array(target.byteLength / MXFP4_BYTES);
    const numbers = new Uint8Array(target.byteLength - own.length);
    await this.read(scales, first, own);
    await this.read(blocks, begin - first, numbers);
    interleaveMxfp4(target, numbers, own);
  }

  async close(): Promise<void> {
    const files = await Promise.allSettled(this.#files.values());
    this.#files.clear();
    await Promise.all(files.map(async (file) => file.status === "fulfilled" && (await file.value.close())));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

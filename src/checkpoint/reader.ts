/** Reads the bytes of tensors, opening each file of a checkpoint once. */

import { InputFile } from "../files/file.ts";
import { quote } from "../files/quote.ts";
import type { StoredTensor } from "./checkpoint.ts";

export class TensorReader implements AsyncDisposable {
  readonly #files = new Map<string, Promise<InputFile>>();

  /**
   * Fills `target`, which may be a view of shared memory, with the tensor's bytes from byte `begin` of it on.
   * @throws GptError `not-found` or `invalid-file` where the file is gone or shorter than when it was listed
   */
  async read(tensor: StoredTensor, begin: number, target: Uint8Array): Promise<void> {
    if (begin < 0 || begin + target.byteLength > tensor.byteLength) {
      throw new RangeError(`${tensor.name}: bytes ${begin} + ${target.byteLength} of ${tensor.byteLength}`);
    }
    let opening = this.#files.get(tensor.file);
    if (opening === undefined) {
      opening = InputFile.open(tensor.file);
      this.#files.set(tensor.file, opening);
    }
    const file = await opening;
    await file.read(tensor.offset + begin, target, `tensor ${quote(tensor.name)}`);
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

/** Writes GGUF files, version 3 (https://github.com/ggml-org/ggml, docs/gguf.md). */
import { OutputFile } from "../files/output-file.ts";
import { ggmlType } from "./ggml-types.ts";
import { bytesOfString, bytesOfUint32, bytesOfUint64, type GgufEntries } from "./gguf-entries.ts";
import { bytesToWrite, type TensorToWrite } from "./tensor-to-write.ts";

const VERSION = 3;
/** Tensors begin at multiples of this number of bytes, the default of the format. */
const ALIGNMENT = 32;

/**
 * Writes a file, or leaves everything as it was.
 *
 * @param entries without `general.alignment`
 * @param tensors each of one axis or more
 * @throws GptError as `writeError`
 */
export async function writeGguf(
  path: string,
  entries: GgufEntries,
  tensors: readonly TensorToWrite[],
): Promise<void> {
  await using file = await OutputFile.create(path);
  const header = headerOf(entries, tensors);
  await file.write(header);
  await file.write(paddingAfter(header.length));
  for (const tensor of tensors) {
    await tensor.send((bytes) => file.write(bytes));
    await file.write(paddingAfter(bytesToWrite(tensor)));
  }
  await file.keep();
}

function headerOf(entries: GgufEntries, tensors: readonly TensorToWrite[]): Uint8Array {
  const counts = [tensors.length, entries.size].map(bytesOfUint64);
  const parts = [Buffer.from("GGUF"), bytesOfUint32(VERSION), ...counts];
  for (const [key, value] of entries) parts.push(bytesOfString(key), value);
  let offset = 0;
  for (const tensor of tensors) {
    const { name, dtype, shape } = tensor;
    const sizes = shape.toReversed().map(bytesOfUint64);
    const type = bytesOfUint32(ggmlType(dtype).id);
    parts.push(bytesOfString(name), bytesOfUint32(shape.length), ...sizes, type, bytesOfUint64(offset));
    const bytes = bytesToWrite(tensor);
    offset += bytes + paddingAfter(bytes).length;
  }
  return Buffer.concat(parts);
}

const paddingAfter = (bytes: number): Uint8Array =>
  new Uint8Array((ALIGNMENT - (bytes % ALIGNMENT)) % ALIGNMENT);

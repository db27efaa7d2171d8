/** Writes GGUF files, version 3 (https://github.com/ggml-org/ggml, docs/gguf.md). */

import { OutputFile } from "../../files/output-file.ts";
import { bytesToWrite, type TensorToWrite } from "../tensor-to-write.ts";
import { bytesOfString, bytesOfUint32, bytesOfUint64, type GgufEntries } from "./entries.ts";
import { ggmlType } from "./ggml-types.ts";
import { partEntries, partName } from "./parts.ts";

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
  await writeGgufParts(entries, [{ path, tensors }]);
}

/** A file of a model that is written in parts. */
export interface GgufPart {
  readonly path: string;
  readonly tensors: readonly TensorToWrite[];
}

/**
 * Divides a model into parts of at most `most` bytes of tensors, a tensor at least: NAME-00001-of-00003.gguf
 * and so on for the path NAME.gguf. One part is the file NAME.gguf itself.
 */
export function ggufParts(
  path: string,
  tensors: readonly TensorToWrite[],
  most = Number.POSITIVE_INFINITY,
): readonly GgufPart[] {
  const parts: TensorToWrite[][] = [[]];
  let size = 0;
  for (const tensor of tensors) {
    const bytes = bytesToWrite(tensor);
    const own = bytes + paddingAfter(bytes).length;
    if (size > 0 && size + own > most) {
      parts.push([]);
      size = 0;
    }
    parts.at(-1)?.push(tensor);
    size += own;
  }
  const stem = path.replace(/\.gguf$/, "");
  const pathOf = (i: number) => (parts.length === 1 ? path : partName(stem, i + 1, parts.length));
  return parts.map((own, i) => ({ path: pathOf(i), tensors: own }));
}

/** Writes the parts of a model, or leaves everything as it was. @throws GptError as `writeError` */
export async function writeGgufParts(entries: GgufEntries, parts: readonly GgufPart[]): Promise<void> {
  const count = parts.reduce((sum, { tensors }) => sum + tensors.length, 0);
  const write = async (i: number): Promise<void> => {
    const part = parts[i];
    if (part === undefined) return;
    await using file = await OutputFile.create(part.path);
    const place = parts.length === 1 ? [] : partEntries(i, parts.length, count);
    await writeTo(file, new Map([...(i === 0 ? entries : []), ...place]), part.tensors);
    await write(i + 1);
    await file.keep(); // All parts are complete now.
  };
  await write(0);
}

async function writeTo(
  file: OutputFile,
  entries: GgufEntries,
  tensors: readonly TensorToWrite[],
): Promise<void> {
  const header = headerOf(entries, tensors);
  await file.write(header);
  await file.write(paddingAfter(header.length));
  for (const tensor of tensors) {
    await tensor.send((bytes) => file.write(bytes));
    await file.write(paddingAfter(bytesToWrite(tensor)));
  }
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

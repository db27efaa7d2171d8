/** Writes .safetensors files (https://github.com/huggingface/safetensors#format). */
import { OutputFile } from "../files/output-file.ts";
import { bytesToWrite, type TensorToWrite } from "./tensor-to-write.ts";

/** Data begins at a multiple of this number of bytes. */
const ALIGNMENT = 8;

/**
 * Writes a file, or leaves everything as it was.
 *
 * @param metadata texts beside the tensors. transformers needs `format: "pt"`
 * @param tensors in F32, F16, BF16 or U8
 * @throws GptError as `writeError`
 */
export async function writeSafetensors(
  path: string,
  metadata: Readonly<Record<string, string>>,
  tensors: readonly TensorToWrite[],
): Promise<void> {
  const entries: [string, unknown][] = [["__metadata__", metadata]];
  let end = 0;
  for (const tensor of tensors) {
    const begin = end;
    end += bytesToWrite(tensor);
    const { name, dtype, shape } = tensor;
    entries.push([name, { dtype, shape, data_offsets: [begin, end] }]);
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const header = Buffer.alloc(8 + Math.ceil(json.length / ALIGNMENT) * ALIGNMENT, " ");
  header.writeBigUInt64LE(BigInt(header.length - 8));
  json.copy(header, 8);

  await using file = await OutputFile.create(path);
  await file.write(header);
  for (const { send } of tensors) await send((bytes) => file.write(bytes));
  await file.keep();
}

/**
 * Files of importances of llama.cpp in GGUF: `NAME.in_sum2` has the sums of squares, `NAME.counts` the rows.
 */
import type { GgufCheckpoint, StoredTensor } from "../../checkpoint/checkpoint.ts";
import { type GgufEntries, ggufValue } from "../../checkpoint/gguf/entries.ts";
import { readGguf } from "../../checkpoint/gguf/gguf.ts";
import { writeGguf } from "../../checkpoint/gguf/writer.ts";
import { TensorReader } from "../../checkpoint/reader.ts";
import type { TensorToWrite } from "../../checkpoint/tensor-to-write.ts";
import { GptError } from "../../errors.ts";
import { quote } from "../../files/quote.ts";
import { checkSums, type Importance, type InputSums } from "./importance.ts";

const SUMS = ".in_sum2";
const COUNTS = ".counts";
const TEXTS = "imatrix.datasets";
const WINDOWS = "imatrix.chunk_count";
const WINDOW_SIZE = "imatrix.chunk_size";
const TYPE = "imatrix";

/** @throws GptError `not-found`; `invalid-file` for another file */
export async function readImatrixGguf(path: string): Promise<Importance> {
  const { metadata, tensors } = await readGguf(path);
  if (metadata.get("general.type") !== TYPE) {
    const problem = "general.type is not imatrix: this is no file of importances";
    throw new GptError("invalid-file", `${path}: ${problem}`);
  }
  await using reader = new TensorReader();
  const found = new Map<string, InputSums>();
  for (const sums of tensors.values()) {
    if (!sums.name.endsWith(SUMS)) continue;
    const name = sums.name.slice(0, -SUMS.length);
    const counts = tensors.get(name + COUNTS);
    if (counts === undefined || sums.dtype !== "F32" || counts.dtype !== "F32") {
      const problem = `${quote(sums.name)} has no counts beside it, or is not F32`;
      throw new GptError("invalid-file", `${path}: ${problem}: fetch it again`);
    }
    const own = { squares: await floats(reader, sums), counts: [...(await floats(reader, counts))] };
    if (own.counts.length === 0 || own.squares.length % own.counts.length !== 0) {
      const problem = `${quote(sums.name)} has ${own.squares.length} sums for ${own.counts.length} matrices`;
      throw new GptError("invalid-file", `${path}: ${problem}: fetch it again`);
    }
    checkSums(path, name, own);
    found.set(name, own);
  }
  return { path, ...facts(metadata), tensors: found };
}

function facts(metadata: GgufCheckpoint["metadata"]): Pick<Importance, "texts" | "windows" | "windowSize"> {
  const number = (key: string) => {
    const value = metadata.get(key);
    return typeof value === "number" ? value : 0;
  };
  const texts = metadata.get(TEXTS);
  return {
    texts: Array.isArray(texts) ? texts.filter((text) => typeof text === "string") : [],
    windows: number(WINDOWS),
    windowSize: number(WINDOW_SIZE),
  };
}

async function floats(reader: TensorReader, tensor: StoredTensor): Promise<Float32Array> {
  const values = new Float32Array(tensor.byteLength / 4);
  await reader.read(tensor, 0, new Uint8Array(values.buffer));
  return values;
}

/** Writes a file, or leaves everything as it was. @throws GptError as `writeError` */
export async function writeImatrixGguf(path: string, importance: Importance): Promise<void> {
  const { string, strings, uint32 } = ggufValue;
  const entries: GgufEntries = new Map([
    ["general.type", string(TYPE)],
    [TEXTS, strings(importance.texts)],
    [WINDOWS, uint32(importance.windows)],
    [WINDOW_SIZE, uint32(importance.windowSize)],
  ]);
  const tensors = [...importance.tensors].flatMap(([name, { squares, counts }]) => [
    tensor(name + SUMS, [counts.length, squares.length / counts.length], squares),
    tensor(name + COUNTS, [counts.length, 1], Float32Array.from(counts)),
  ]);
  await writeGguf(path, entries, tensors);
}

const tensor = (name: string, shape: readonly number[], values: Float32Array): TensorToWrite => ({
  name,
  dtype: "F32",
  shape,
  send: (write) => write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
});

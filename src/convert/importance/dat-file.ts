/**
 * The first files of importances of llama.cpp (imatrix.dat): for each tensor its name, a number of chunks and
 * the mean squares times that number, then the number of all chunks and the name of the text.
 */
import { ByteSource } from "../../checkpoint/byte-source.ts";
import { GptError } from "../../errors.ts";
import { withFile } from "../../files/file.ts";
import { OutputFile } from "../../files/output-file.ts";
import { checkSums, type Importance, type InputSums } from "./importance.ts";

const MAX_TENSORS = 2 ** 16;
const MAX_NAME_BYTES = 2 ** 10;
/** Inputs of all experts of a layer. */
const MAX_INPUTS = 2 ** 26;

const int32 = (view: DataView, at: number) => view.getInt32(at, true);

/** @throws GptError `not-found`; `invalid-file` for another file */
export async function readDat(path: string): Promise<Importance> {
  return withFile(path, async (file) => {
    const input = new ByteSource(file, file.size);
    const number = async (what: string, most: number, least = 0): Promise<number> => {
      await input.load(4, what);
      const value = input.take(4, int32);
      if (value >= least && value <= most) return value;
      const problem = `${what} is ${value}, expected ${least} to ${most}: this is no file of importances`;
      throw new GptError("invalid-file", `${path}: ${problem}`);
    };
    const text = async (what: string): Promise<string> => {
      const bytes = await number(`the length of ${what}`, MAX_NAME_BYTES);
      await input.load(bytes, what);
      return input.text(bytes);
    };
    const tensors = new Map<string, InputSums>();
    const count = await number("the number of tensors", MAX_TENSORS, 1);
    for (let i = 0; i < count; i++) {
      const name = await text(`the name of tensor ${i}`);
      const chunks = await number(`the number of chunks of ${name}`, 2 ** 31 - 1);
      const length = await number(`the number of inputs of ${name}`, MAX_INPUTS, 1);
      await input.load(4 * length, `the inputs of ${name}`);
      const squares = new Float32Array(length);
      for (let j = 0; j < length; j++) squares[j] = input.take(4, (view, at) => view.getFloat32(at, true));
      const sums = { squares, counts: [Math.max(1, chunks)] };
      checkSums(path, name, sums);
      tensors.set(name, sums);
    }
    const isLabelled = input.remaining >= 8;
    const windows = isLabelled ? await number("the number of chunks", 2 ** 31 - 1) : 0;
    const texts = isLabelled ? [await text("the name of the text")] : [];
    return { path, texts, windows, windowSize: 0, tensors };
  });
}

/** Writes a file, or leaves everything as it was. @throws GptError as `writeError` */
export async function writeDat(path: string, { texts, windows, tensors }: Importance): Promise<void> {
  const int = (value: number) => Int32Array.of(value);
  const named = (text: string) => [int(Buffer.byteLength(text)), Buffer.from(text)];
  const chunks = Math.max(1, windows);
  const parts: ArrayBufferView[] = [int(tensors.size)];
  for (const [name, { squares, counts }] of tensors) {
    const width = squares.length / counts.length;
    const scaled = squares.map((sum, i) => {
      const count = counts[Math.floor(i / width)] ?? 0;
      return (count > 0 ? sum / count : 1) * chunks;
    });
    parts.push(...named(name), int(chunks), int(squares.length), scaled);
  }
  parts.push(int(windows), ...named(texts.at(-1) ?? ""));
  await using file = await OutputFile.create(path);
  const bytes = parts.map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength),
  );
  await file.write(Buffer.concat(bytes));
  await file.keep();
}

/**
 * The importance of the inputs of matrices: the sums of their squares over the rows of a text ("imatrix" of
 * llama.cpp). Quantizing weights the error of a weight with it.
 */
import { GptError } from "../../errors.ts";
import { quote } from "../../files/quote.ts";

export interface Importance {
  readonly path: string;
  /** Names of the texts. */
  readonly texts: readonly string[];
  /** Windows of the texts, and their tokens. */
  readonly windows: number;
  readonly windowSize: number;
  /** By the name of a tensor in a GGUF file. */
  readonly tensors: ReadonlyMap<string, InputSums>;
}

/** Sums of squares of the inputs of a tensor: of one matrix, or of those of all experts. */
export interface InputSums {
  /** [matrices, inputs] */
  readonly squares: Float32Array;
  /** Rows that each matrix has read. */
  readonly counts: readonly number[];
}

/** Mean squares are 1 for an expert that has read no row, as in llama.cpp. */
const UNKNOWN = 1;

/**
 * The mean squares of the inputs of a matrix; undefined for a tensor that was not measured.
 *
 * @param matrix number of an expert
 * @throws GptError `invalid-file` if the file belongs to a model of other sizes
 */
export function meanSquares(
  { path, tensors }: Importance,
  name: string,
  inputs: number,
  matrix = 0,
  matrices = 1,
): Float32Array | undefined {
  const own = tensors.get(name);
  if (own === undefined) return undefined;
  const { squares, counts } = own;
  if (squares.length !== inputs * matrices || counts.length < 1) {
    const found = `has ${squares.length} inputs of ${quote(name)}, but the model has ${inputs * matrices}`;
    throw new GptError("invalid-file", `${path}: ${found}: it was made for another model`);
  }
  const count = counts[Math.min(matrix, counts.length - 1)] ?? 0;
  const sums = squares.slice(matrix * inputs, (matrix + 1) * inputs);
  return count > 0 ? sums.map((sum) => sum / count) : sums.fill(UNKNOWN);
}

/** @throws GptError `invalid-file` for a number that is no sum of squares */
export function checkSums(path: string, name: string, { squares, counts }: InputSums): void {
  const wrong = squares.find((value) => !(value >= 0 && Number.isFinite(value)));
  const wrongCount = counts.find((value) => !(value >= 0 && Number.isFinite(value)));
  const found = wrong ?? wrongCount;
  if (found === undefined) return;
  throw new GptError(
    "invalid-file",
    `${path}: ${quote(name)} has ${found}, expected a sum of squares: fetch it again`,
  );
}

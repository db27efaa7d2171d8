/** Weights whose parts have different types are matrices of several pieces. */
import { layoutOf, type StoredDtype } from "../compute/packing/stored-types.ts";
import type { Matrix, WeightDtype } from "../compute/tensor.ts";
import type { StoredWeight } from "./resolve.ts";

/** Consecutive parts of a weight that have one type in memory. */
interface Piece {
  readonly dtype: WeightDtype;
  readonly outputs: number;
  readonly parts: StoredWeight["parts"];
}

/** The pieces of a weight; a weight of one type is one piece. */
export function piecesOf({ spec, parts }: StoredWeight, dtype: WeightDtype): Piece[] {
  if (dtype !== "mixed") return [{ dtype, outputs: spec.shape[0], parts }];
  const pieces: Piece[] = [];
  for (const part of parts) {
    const own = layoutOf(part.stored.dtype as StoredDtype);
    const last = pieces.at(-1);
    if (last?.dtype !== own) pieces.push({ dtype: own, outputs: part.outputs, parts: [part] });
    else {
      const outputs = last.outputs + part.outputs;
      pieces[pieces.length - 1] = { dtype: own, outputs, parts: [...last.parts, part] };
    }
  }
  return pieces;
}

/** The matrix of all pieces. */
export function joinedPieces(pieces: readonly Matrix[]): Matrix {
  const [first, ...others] = pieces;
  if (first === undefined) throw new Error("a matrix without pieces");
  if (others.length === 0) return first;
  const outputs = pieces.reduce((sum, { outputs }) => sum + outputs, 0);
  return { ...first, outputs, dtype: "mixed", ptr: 0, pieces };
}

/** Tables of a vocabulary that are larger than the room of a bank: their rows lie in several banks. */
import {
  type Matrix,
  matrixBytes,
  panelBytes,
  panelOutputs,
  type WeightDtype,
} from "../../compute/tensor.ts";
import type { ResolvedWeight, StoredWeight } from "../resolve.ts";
import type { TablePart } from "./layout.ts";

/** Embeddings and heads whose rows are stored one after the other. */
export function isSplittable({ spec, parts }: ResolvedWeight): boolean {
  const [part, ...others] = parts;
  if (spec.part !== "tokenEmbedding" && spec.part !== "head") return false;
  if (part === undefined || others.length > 0 || spec.shape.length === 1) return false;
  const { layout, rows, skippedRows } = part.source;
  const { apart, coded } = part.stored;
  const isJoined = apart !== undefined || coded !== undefined;
  return layout === "linear" && rows === undefined && skippedRows === undefined && !isJoined;
}

/**
 * Finds room for tables: each lies in the first bank that has room for it, or its rows in several.
 *
 * @param used bytes in use in each bank, to which those of the tables are added
 * @returns the parts of tables that do not lie in the first bank as a whole, by name; undefined if there is
 *   no room
 */
export function spread(
  tables: readonly ResolvedWeight[],
  dtypeOf: (weight: ResolvedWeight) => WeightDtype,
  used: number[],
  limits: readonly number[],
): Map<string, readonly TablePart[]> | undefined {
  const split = new Map<string, readonly TablePart[]>();
  for (const table of tables) {
    const [rows, inputs = 1] = table.spec.shape;
    const side = panelOutputs(dtypeOf(table));
    const sideBytes = panelBytes(inputs, dtypeOf(table));
    const bytes = matrixBytes(rows, inputs, dtypeOf(table));
    const whole = limits.findIndex((limit, bank) => (used[bank] as number) + bytes <= limit);
    if (whole >= 0) {
      used[whole] = (used[whole] as number) + bytes;
      if (whole > 0) split.set(table.spec.name, [{ bank: whole, first: 0, count: rows }]);
      continue;
    }
    const parts: TablePart[] = [];
    let first = 0;
    for (let bank = 0; bank < limits.length && first < rows; bank++) {
      const free = Math.max(0, Math.floor(((limits[bank] as number) - (used[bank] as number)) / sideBytes));
      const count = Math.min(free * side, rows - first);
      if (count === 0) continue;
      parts.push({ bank, first, count });
      used[bank] = (used[bank] as number) + Math.ceil(count / side) * sideBytes;
      first += count;
    }
    if (first < rows) return undefined;
    split.set(table.spec.name, parts);
  }
  return split;
}

/** Rows of a stored table, as a weight of their own. */
export function rowsOfTable({ spec, parts }: StoredWeight, { first, count }: TablePart): StoredWeight {
  const [rows, inputs = 1] = spec.shape;
  return {
    spec: { ...spec, shape: [count, inputs] },
    parts: parts.map(({ source, stored }) => {
      const rowBytes = stored.byteLength / rows;
      const offset = stored.offset + first * rowBytes;
      const own = { ...stored, shape: [count, inputs], offset, byteLength: count * rowBytes };
      return { source, outputs: count, stored: own };
    }),
  };
}

/** The matrix of a table whose parts lie in several banks; a part in one bank is the matrix. */
export function joinedTable(parts: readonly Matrix[]): Matrix {
  const [part] = parts;
  if (part === undefined) throw new Error("a table without rows");
  if (parts.length === 1) return part;
  const outputs = parts.reduce((sum, { outputs }) => sum + outputs, 0);
  return { outputs, inputs: part.inputs, dtype: part.dtype, ptr: 0, parts };
}

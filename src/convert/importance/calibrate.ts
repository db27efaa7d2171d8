/** Measures the importance of the inputs of all matrices on a text, as llama-imatrix does. */
import { basename } from "node:path";
import { openCheckpoint } from "../../checkpoint/open.ts";
import { InputSums, InputSumsOps } from "../../compute/ops/input-sums-ops.ts";
import { Model } from "../../engine/model.ts";
import { GptError } from "../../errors.ts";
import { ggufSources } from "../../families/gguf-entries.ts";
import { parseModel } from "../../families/parse.ts";
import { findModel } from "../../hub/find-model.ts";
import type { DecoderConfig } from "../../model/config.ts";
import { tokenizerOf } from "../../tokenizer/index.ts";
import { expectedWeights } from "../../weights/resolve.ts";
import { canonicalRow } from "../../weights/row-order.ts";
import { type CalibrationText, calibrationWindows } from "../calibration-windows.ts";
import { type ConversionOptions, checkConversionOptions } from "../options.ts";
import type { Importance, InputSums as TensorSums } from "./importance.ts";

/** Tokens of a window, as in llama-imatrix. */
const WINDOW = 512;

/**
 * @param nameOrPath as for `loadModel`
 * @throws GptError as `loadModel`; `usage` for a model without a tokenizer, and for a text of one token or
 *   none
 */
export async function measureImportance(
  nameOrPath: string | undefined,
  text: CalibrationText,
  options: ConversionOptions = {},
): Promise<Importance> {
  checkConversionOptions(options);
  const { signal, onProgress } = options;
  const checkpoint = await openCheckpoint(findModel(nameOrPath));
  const description = await parseModel(checkpoint, "tokens");
  const tokenizer = await tokenizerOf(checkpoint, description.vocabulary);
  if (tokenizer === undefined)
    throw new GptError("usage", `${checkpoint.path}: has no tokenizer for ${text.path}`);
  const { threads, simd } = options;
  await using model = await Model.load(checkpoint, description, { threads, simd, signal });
  const size = Math.min(WINDOW, model.contextSize);
  const windows = calibrationWindows(tokenizer, text, size);
  const sums = new InputSums();
  await using measured = model.decorated((ops) => new InputSumsOps(ops, sums));
  for (const [i, own] of windows.entries()) {
    onProgress?.(i * size, windows.length * size);
    const session = measured.createSession();
    try {
      await session.append(own, { signal });
    } finally {
      await session.close();
    }
  }
  const tensors = sumsOfTensors(description.config, sums);
  const { path } = text;
  return { path, texts: [basename(path)], windows: windows.length, windowSize: size, tensors };
}

/** The sums by the names of tensors in a GGUF file. The head is not measured, as in llama.cpp. */
function sumsOfTensors(config: DecoderConfig, sums: InputSums): Map<string, TensorSums> {
  const tensors = new Map<string, { squares: Float32Array; counts: number[] }>();
  for (const { spec, parts } of expectedWeights({ config, sources: ggufSources(config), prefix: "" })) {
    const [, inputs] = spec.shape;
    const own = sums.get(spec.name.replace(/\.weight$/, ""));
    if (spec.kind !== "linear" || spec.part === "head" || inputs === undefined) continue;
    for (const { name, source } of parts) {
      const { index, count } = source.slice ?? { index: 0, count: 1 };
      if (own === undefined && !tensors.has(name) && count === 1) continue;
      const tensor = tensors.get(name) ?? {
        squares: new Float32Array(count * inputs),
        counts: Array<number>(count).fill(0),
      };
      tensors.set(name, tensor);
      if (own === undefined) continue;
      const { columns } = source;
      const placed = columns
        ? own.squares.map((_, i) => own.squares[canonicalRow(columns, i)] ?? 0)
        : own.squares;
      tensor.squares.set(placed, index * inputs);
      tensor.counts[index] = own.rows;
    }
  }
  return tensors;
}

/**
 * The importance of heads (Michel et al. 2019): the mean over sequences of |dL/dm|, for a factor m = 1 on what
 * a head gives to the output projection W, and the mean cross-entropy L of the sequence. Since the output is
 * W m z, dL/dm is the sum of W and dL/dW, element by element, over the columns of the head.
 */
import { OptimizerOps } from "../compute/training/optimizer-ops.ts";
import { GptError } from "../errors.ts";
import { seesAhead } from "../model/attention/masks.ts";
import { languageObjective } from "../train/objectives/language.ts";
import { Loss } from "../train/step/loss.ts";
import { matrixNamed } from "../weights/load.ts";
import { readValues } from "./matrices.ts";
import type { PruneRun } from "./prune-run.ts";

/** @param groups of heads that are pruned together, in each layer. @returns [layer][group] */
export async function groupImportance(run: PruneRun, groups: readonly number[]): Promise<number[][]> {
  const { open, path, config, values, sequences, advance } = run;
  if (config.head.kind !== "tokens" || seesAhead(config)) {
    const problem = "heads are judged by the next tokens that a model predicts, and it predicts none";
    throw new GptError("usage", `${path}: ${problem}: choose another method`);
  }
  const decoder = await run.decoder();
  const { runtime, threads, packing } = open;
  using beside = open.beside();
  const optimizer = new OptimizerOps(runtime, threads);
  const trained = config.layers.map((_, layer) => {
    const value = matrixNamed(values, `blocks.${layer}.attention.output.weight`);
    const gradient = beside.packing.matrix(value.outputs, value.inputs, "f32");
    return { value, gradient };
  });
  const loss = new Loss(runtime, threads, decoder, trained);
  const sums = groups.map((count) => Array<number>(count).fill(0));
  for (const ids of sequences.filter(({ length }) => length > 1)) {
    for (const { gradient } of trained) optimizer.clear(gradient);
    const sequence = { inputs: ids.slice(0, -1), targets: ids.slice(1) };
    const step = { sequences: [sequence], labelSmoothing: 0 };
    const objective = languageObjective(decoder.head, step, 1);
    await runtime.exclusively(() =>
      loss.differentiate([sequence], [objective], undefined, () => runtime.pause(undefined)),
    );
    for (const [layer, { value, gradient }] of trained.entries()) {
      const { outputs, inputs } = value;
      const place = { firstOutput: 0, outputs, inputs };
      const w = await readValues({ ...place, packed: value, packing });
      const dw = await readValues({ ...place, packed: gradient, packing: beside.packing });
      const own = sums[layer] as number[];
      const slopes = Array<number>(own.length).fill(0);
      const width = inputs / own.length;
      for (let i = 0; i < w.length; i++) {
        const group = Math.floor((i % inputs) / width);
        slopes[group] = (slopes[group] ?? 0) + (w[i] as number) * (dw[i] as number);
      }
      for (const [i, slope] of slopes.entries()) own[i] = (own[i] ?? 0) + Math.abs(slope);
    }
    advance(sequences.length);
  }
  return sums.map((own) => own.map((sum) => sum / sequences.length));
}

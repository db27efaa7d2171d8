/** Training speed of this machine, measured on a small model for a few seconds. */
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { createTrainer, type TrainerOptions } from "../create-trainer.ts";
import { trainingFlops } from "../flops.ts";
import { writeInitialModel } from "../new-model/initial-model.ts";
import { configOfShape, decoderOfShape } from "../new-model/model-shape.ts";
import { PRESETS } from "../new-model/presets.ts";

const SECONDS = 2;
const SEQUENCES = 4;

/** Floating-point operations a second of a training step. */
export async function measureMachine(
  engine: Pick<TrainerOptions, "threads" | "simd">,
  signal: AbortSignal,
): Promise<number> {
  const shape = { ...PRESETS.micro, family: "gpt2" } as const;
  const directory = await mkdtemp(join(tmpdir(), "gpt-train-"));
  try {
    await writeInitialModel(directory, configOfShape(shape, 0), 1);
    await using trainer = await createTrainer({ ...engine, model: directory, steps: 1, signal });
    const ids = Array.from({ length: shape.context + 1 }, (_, i) => (7919 * i) % shape.vocabulary);
    const batch = Array.from({ length: SEQUENCES }, () => ids);
    await trainer.step(batch, { signal });
    const start = performance.now();
    let steps = 0;
    while (performance.now() - start < 1000 * SECONDS) {
      await trainer.step(batch, { signal });
      steps++;
    }
    const tokens = steps * SEQUENCES * shape.context;
    return (tokens * trainingFlops(decoderOfShape(shape))) / ((performance.now() - start) / 1000);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Processor, threads, memory and kernels in a line, for the model card. */
export function describeMachine({
  simd,
  threads,
}: {
  readonly simd: string;
  readonly threads: number;
}): string {
  const [processor] = cpus();
  return [
    processor?.model.trim() ?? process.arch,
    `${availableParallelism()} cores, ${threads} ${threads === 1 ? "thread" : "threads"}`,
    `${(totalmem() / 1e9).toPrecision(3)} GB of memory`,
    `Node ${process.versions.node}, ${simd} kernels`,
  ].join("; ");
}

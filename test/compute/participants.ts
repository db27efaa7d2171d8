/**
 * Tells which threads take part: each writes scores of its own when it computes a slice of an attention job.
 */
import { vi } from "vitest";
import type { kernels } from "../../src/compute/kernels/table.ts";
import type { Runtime } from "../../src/compute/runtime.ts";

type AttentionArguments = Parameters<typeof kernels.attention.write>[2];

/** Watches a runtime's attention jobs until mocks are restored. Thread 0 is the caller. */
export function watchParticipants({ threads, memory }: Runtime): Set<number> {
  const seen = new Set<number>();
  const run = threads.run.bind(threads);
  vi.spyOn(threads, "run").mockImplementation((kernel, count, items, cost, a) => {
    const first: Float32Array[] = [];
    if (kernel.name === "attention") {
      const { scores, scratchBytes } = a as AttentionArguments;
      for (let thread = 0; thread < threads.count; thread++) {
        first.push(memory.f32(scores + thread * scratchBytes, 1).fill(Number.NaN));
      }
    }
    run(kernel, count, items, cost, a);
    for (const [thread, score] of first.entries()) if (!Number.isNaN(score[0])) seen.add(thread);
  });
  return seen;
}

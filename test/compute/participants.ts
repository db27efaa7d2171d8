/** Tells which threads take part: each writes scores of its own when it computes a slice of an attention job. */
import { vi } from "vitest";
import type { Runtime } from "../../src/compute/runtime.ts";

/** As in assembly/attention/attention.ts: so many rows of scores each, or one for each head. */
const QUERY_TILE = 4;
const HEADS = 6;

/** Watches a runtime's attention jobs until mocks are restored. Thread 0 is the caller. */
export function watchParticipants({ threads, memory }: Runtime): Set<number> {
  const seen = new Set<number>();
  const run = threads.run.bind(threads);
  vi.spyOn(threads, "run").mockImplementation((kernel, count, items, cost, ...parameters) => {
    const [byRow = 0, scores = 0, bytes = 0] = kernel === "attention" ? parameters.slice(-3) : [];
    const own = (byRow ? (parameters[HEADS] ?? 0) : QUERY_TILE) * bytes;
    const first = Array.from({ length: bytes > 0 ? threads.count : 0 }, (_, thread) =>
      memory.f32(scores + thread * own, 1).fill(Number.NaN),
    );
    run(kernel, count, items, cost, ...parameters);
    for (const [thread, score] of first.entries()) if (!Number.isNaN(score[0])) seen.add(thread);
  });
  return seen;
}

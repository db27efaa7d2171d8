/**
 * The banks of a model. A 32-bit memory ends at 4 GiB. A larger model has its layers in several memories,
 * each with threads, scratch memory and the caches of its layers. Layers run one after the other, so one bank
 * works at a time, and only the hidden states of the rows move to the next: model parallelism by layers
 * (Shazeer et al. 2018, "Mesh-TensorFlow"), as the stages of GPipe (Huang et al. 2019) without their
 * pipeline. The workers of the other banks sleep meanwhile (assembly/threads.ts).
 *
 * 64-bit memories would need no banks. Their bounds checks make the kernels slower by 10 to 100%.
 */
import { type Batch, createBatch, type Segment } from "./batch.ts";
import type { SequenceCache } from "./memory/sequence-cache.ts";
import { BankOps } from "./ops/bank-ops.ts";
import { KernelOps } from "./ops/kernel-ops.ts";
import type { Runtime } from "./runtime.ts";

/** The next tokens of one sequence. */
export interface SequenceSegment extends Omit<Segment, "cache"> {
  readonly cache: SequenceCache;
}

export class Banks {
  /** One for each stage of the model. */
  readonly runtimes: readonly Runtime[];
  /** It holds what comes before and after the layers: embedding, head, and what passes return. */
  readonly first: Runtime;

  constructor(runtimes: readonly Runtime[]) {
    const [first] = runtimes;
    if (first === undefined) throw new Error("a model without a bank");
    this.runtimes = runtimes;
    this.first = first;
  }

  /** Operations of the first bank, which lead to those of the others. */
  ops(threads: number): KernelOps {
    if (this.runtimes.length > 1) return BankOps.over(this.runtimes, threads);
    return new KernelOps(this.first, threads);
  }

  /** Lays segments end to end in scratch memory, in each bank. */
  batch(segments: readonly SequenceSegment[]): Batch {
    if (this.runtimes.length === 1) return createBatch(this.first, partsOf(segments, 0));
    const stages = this.runtimes.map((runtime, i) => createBatch(runtime, partsOf(segments, i)));
    return { ...(stages[0] as Batch), stages };
  }

  /** Runs a pass, and releases the scratch memory that it takes in all banks. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    const marks = this.runtimes.map(({ scratch }) => scratch.mark());
    try {
      return await work();
    } finally {
      for (const [i, { scratch }] of this.runtimes.entries()) {
        const mark = marks[i];
        if (mark) scratch.release(mark);
      }
    }
  }
}

/** The segments with their caches in a bank. */
const partsOf = (segments: readonly SequenceSegment[], bank: number): Segment[] =>
  segments.map(({ cache, start, ids, types, firstAngle }) => {
    const part = cache.parts[bank];
    if (part === undefined) throw new Error(`no cache in bank ${bank}`);
    return { cache: part, start, ids, types, firstAngle };
  });

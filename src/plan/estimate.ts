/**
 * The time of a pass on a machine: the roofline of Williams et al. 2009, part by part.
 *
 * One row reads all weights and waits for memory. Several rows read them once, into the caches, and multiply:
 * the time is that of the read and that of the multiply-adds. Attention does the same with keys and values,
 * each sequence with its own.
 */
import { SLICES_PER_THREAD } from "../compute/kernels/threads.ts";
import { MOST_GROWTH } from "../compute/memory/kv-shape.ts";
import type { MachineFigures } from "./machine.ts";
import { kernelOf, shareOf } from "./shares.ts";
import type { AttentionWork, Product, Work } from "./work.ts";

/** A pass of `sequences` texts, each of which goes on with `rows` tokens behind `depth` others. */
export interface Pass {
  readonly rows: number;
  readonly sequences: number;
  readonly depth: number;
  readonly threads: number;
}

/** Seconds of the parts of a pass. */
export interface Seconds {
  readonly weights: number;
  readonly arithmetic: number;
  readonly cache: number;
  /** Norms, activations and the like, and the start of kernels. */
  readonly others: number;
}

/**
 * Matrices of layers are short, and each begins with a cold start: they reach this part of what one long matrix
 * reaches. Measured from 6 million to 1.2 billion parameters.
 */
const SHORT = 0.9;

/** Time of an element in a kernel that is no product, in operations: of one row, and of many. */
const ROW_ELEMENT = 640;
const ELEMENT = 32;

export const totalOf = (seconds: Seconds): number =>
  seconds.weights + seconds.arithmetic + seconds.cache + seconds.others;

export type Limit = keyof Seconds;

/** The part that takes longest. */
export const limitOf = (seconds: Seconds): Limit =>
  (Object.keys(seconds) as Limit[]).reduce((most, part) => (seconds[part] > seconds[most] ? part : most));

const sumOf = (all: readonly Seconds[]): Seconds => {
  const sum = (part: Limit) => all.reduce((total, seconds) => total + seconds[part], 0);
  return {
    weights: sum("weights"),
    arithmetic: sum("arithmetic"),
    cache: sum("cache"),
    others: sum("others"),
  };
};

/** Bytes a second that some threads read together. */
export const readRate = ({ readBytesPerSecond: { one, all } }: MachineFigures, threads: number): number =>
  Math.min(all, one * threads);

const flops = ({ flopsPerSecond, cores }: MachineFigures, threads: number): number =>
  flopsPerSecond * Math.min(threads, cores);

/** Threads take slices of the work. In the mean each waits half a slice for the last of them. */
const together = (threads: number): number => (threads > 1 ? 1 / (1 + 0.5 / SLICES_PER_THREAD) : 1);

export function estimatePass(work: Work, machine: MachineFigures, pass: Pass): Seconds {
  const parts = [
    ...work.products.map((product) => productSeconds(product, machine, pass)),
    ...work.attentions.map((attention) => attentionSeconds(attention, work, machine, pass)),
  ];
  return { ...sumOf(parts), others: othersSeconds(work, machine, pass) };
}

/** A text in passes as the scheduler makes them. */
export function estimatePrompt(work: Work, machine: MachineFigures, pass: Pass): Seconds {
  const passes: Seconds[] = [];
  for (let done = 0; done < pass.rows; done += MOST_GROWTH) {
    const rows = Math.min(MOST_GROWTH, pass.rows - done);
    passes.push(estimatePass(work, machine, { ...pass, rows, depth: pass.depth + done }));
  }
  return sumOf(passes);
}

function othersSeconds({ kernels, width }: Work, machine: MachineFigures, pass: Pass): number {
  const rows = pass.rows * pass.sequences;
  const operations = kernels * width * (ROW_ELEMENT + ELEMENT * (rows - 1));
  const starts = pass.threads > 1 ? kernels * machine.jobSeconds : 0;
  return operations / flops(machine, pass.threads) + starts;
}

const nothing = { weights: 0, arithmetic: 0, cache: 0, others: 0 };

function productSeconds(product: Product, machine: MachineFigures, pass: Pass): Seconds {
  const { dtype, isHead, experts, bytes, multiplyAdds } = product;
  const { threads, sequences } = pass;
  const rows = sequences * (isHead ? 1 : pass.rows);
  const active = experts ? experts.active / experts.count : 1;
  // Of n matrices each row chooses k: (1 - k / n)^rows of them are chosen by no row.
  const read = bytes * (1 - (1 - active) ** rows);
  const share = (isHead ? 1 : SHORT) * shareOf(machine, kernelOf.row(dtype));
  const weights = read / (share * readRate(machine, threads));
  if (rows === 1) return { ...nothing, weights };
  const rate = shareOf(machine, kernelOf.rows(dtype)) * flops(machine, threads) * together(threads);
  return { ...nothing, weights, arithmetic: (2 * rows * active * multiplyAdds) / rate };
}

function attentionSeconds(
  { layers, most, multiplyAdds, bytes }: AttentionWork,
  { kvTypes: { keys } }: Work,
  machine: MachineFigures,
  { rows, sequences, depth, threads }: Pass,
): Seconds {
  if (rows === 1) {
    const read = layers * sequences * bytes * Math.min(most, depth + 1);
    const rate = shareOf(machine, kernelOf.attentionRow(keys)) * readRate(machine, threads);
    return { ...nothing, cache: read / rate };
  }
  let positions = 0;
  for (let row = 0; row < rows; row++) positions += Math.min(most, depth + row + 1);
  const rate = shareOf(machine, kernelOf.attentionRows(keys)) * flops(machine, threads);
  return { ...nothing, cache: (2 * layers * sequences * multiplyAdds * positions) / rate };
}

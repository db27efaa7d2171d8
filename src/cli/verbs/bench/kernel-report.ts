/** The report of `gpt bench kernels`: every measurement for programs, a line for every kernel for people. */
import { cpus } from "node:os";
import type { Unit } from "../../../bench/kernel-case.ts";
import type { KernelResult, Measurement } from "../../../bench/measure-kernels.ts";
import type { Products } from "../../../compute/kernels/products.ts";
import type { BenchReport } from "./formats.ts";

/** @param products of each build */
export function kernelReport(
  results: readonly KernelResult[],
  products: Readonly<Record<string, Products>>,
): BenchReport {
  const processor = cpus()[0]?.model.trim() ?? process.arch;
  const isCompared = results.some(({ measurements }) => measurements.some(hasChange));
  return {
    facts: { processor, node: process.versions.node, products, kernels: results },
    records: results.flatMap(({ measurements, ...kernel }) =>
      measurements.map(({ change = null, ...measurement }) => ({
        ...kernel,
        ...measurement,
        ...(isCompared && { change }),
      })),
    ),
    cells: cells(results, isCompared),
    left: [0, 1, 2, 3],
  };
}

const hasChange = ({ change }: Measurement): boolean => change !== undefined;

/** A column for every build and number of threads. */
function cells(results: readonly KernelResult[], isCompared: boolean): string[][] {
  const columns = [...new Set(results.flatMap(({ measurements }) => measurements.map(columnOf)))];
  columns.sort((a, b) => Number(b === SCALAR) - Number(a === SCALAR)); // not all kernels have it
  const rows = results.map(({ kernel, shape, unit, limit, maxError, measurements }) => {
    const byColumn = new Map(measurements.map((measurement) => [columnOf(measurement), measurement]));
    return [
      kernel,
      shape,
      units[unit].name,
      limit ?? "",
      ...columns.map((column) => rateCell(byColumn.get(column), unit)),
      maxError?.toExponential(1) ?? "",
      ...(isCompared ? [changeCell(measurements)] : []),
    ];
  });
  const change = isCompared ? ["change"] : [];
  return [["kernel", "size", "unit", "share of", ...columns, "max error", ...change], ...rows];
}

const SCALAR = "scalar";

const columnOf = ({ build, threads }: Measurement): string =>
  build === SCALAR ? SCALAR : `${build} x${threads}`;

/** Name of a rate and its number. For jobs it is the time of one. */
const units: Readonly<Record<Unit, { readonly name: string; readonly show: (rate: number) => number }>> = {
  FLOP: { name: "GFLOP/s", show: (rate) => rate / 1e9 },
  B: { name: "GB/s", show: (rate) => rate / 1e9 },
  job: { name: "µs", show: (rate) => 1e6 / rate },
};

/** `41.2 (82%)` */
function rateCell(measurement: Measurement | undefined, unit: Unit): string {
  if (measurement === undefined) return "";
  const { rate, share } = measurement;
  const shown = units[unit].show(rate).toLocaleString("en-US", { maximumSignificantDigits: 3 });
  return share === null ? shown : `${shown} (${Math.round(100 * share)}%)`;
}

/** The change for the worst. */
function changeCell(measurements: readonly Measurement[]): string {
  const changes = measurements.flatMap(({ change }) => change ?? []);
  return changes.length === 0 ? "" : percent(Math.min(...changes));
}

/** "-12%". */
export const percent = (share: number): string => `${share > 0 ? "+" : ""}${Math.round(100 * share)}%`;

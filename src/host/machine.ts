/** Facts of the machine, for Node. */
import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { setImmediate } from "node:timers/promises";
import { coresOf } from "./cores.ts";
import type { Machine } from "./host.ts";
import { packageFile } from "./package-files.ts";

export const machine: Machine = {
  cores: () => coresOf(process.env),
  memoryBytes: () => Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
  name: `Node ${process.versions.node}`,
  // The baseline compiler of Node 20 computes relaxed dot products wrongly, although the module validates.
  hasRelaxedSimd: Number(process.versions.node.split(".")[0]) >= 22,
  kernels: (build) => readFileSync(packageFile(`build/${build}.wasm`)),
  turn: () => setImmediate(),
};

/** Facts of the machine, for a page. */
import type { Machine } from "../../../host/host.ts";

const builds = new Map<string, BufferSource>();

/** Puts a build of the kernels where the engine finds it. */
export const carryKernels = (build: string, bytes: BufferSource): void => void builds.set(build, bytes);

const channel = new MessageChannel();
const waiting: (() => void)[] = [];
channel.port1.onmessage = () => waiting.shift()?.();

export const machine: Machine = {
  // Threads share a memory, which only an isolated page may hand to them.
  cores: () => (globalThis.crossOriginIsolated ? (navigator.hardwareConcurrency ?? 1) : 1),
  // Browsers do not tell. A page holds a memory of 4 GiB at most.
  memoryBytes: () => 2 ** 32,
  name: "this browser",
  hasRelaxedSimd: true,
  kernels(build) {
    const bytes = builds.get(build);
    if (bytes === undefined) throw new WebAssembly.CompileError(`the page carries no ${build} kernels`);
    return bytes;
  },
  // A timer would wait for 4 ms.
  turn: () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      channel.port2.postMessage(undefined);
    }),
};

/** Worker threads, for a page. Only an isolated page can have them. */
import type { StartWorker } from "../../../host/host.ts";

/** The whole program of a worker. */
const WORKER = `
  onmessage = ({ data: { module, memory, control, failed, worker } }) => {
    const { work } = new WebAssembly.Instance(module, { env: { memory } }).exports;
    try {
      for (;;) work(control, worker);
    } catch {
      Atomics.store(new Uint32Array(memory.buffer, failed, 1), 0, 1);
    }
  };
`;

export const startWorker: StartWorker = (start) => {
  if (!globalThis.crossOriginIsolated) return false;
  const url = URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" }));
  new Worker(url).postMessage(start);
  return true;
};

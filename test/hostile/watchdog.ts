/**
 * Ends the test process when one case runs for ever, which nothing inside of the loop that hangs could do.
 */
import { Worker } from "node:worker_threads";

const PATIENCE_SECONDS = 30;

const WATCH = `
  const { workerData: state } = require("node:worker_threads");
  let seen = -1;
  let seconds = 0;
  setInterval(() => {
    const seed = Atomics.load(state, 0);
    seconds = seed === seen ? seconds + 1 : 0;
    seen = seed;
    if (seed < 0 || seconds < ${PATIENCE_SECONDS}) return;
    require("node:fs").writeSync(2, "the case with seed " + seed + " hangs\\n");
    process.kill(process.pid, "SIGKILL");
  }, 1000);
`;

export class Watchdog {
  readonly #state = new Int32Array(new SharedArrayBuffer(4)).fill(-1);
  readonly #worker = new Worker(WATCH, { eval: true, workerData: this.#state });

  /** Now this case runs; undefined for none. */
  watch(seed: number | undefined): void {
    Atomics.store(this.#state, 0, seed ?? -1);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

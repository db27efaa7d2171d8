/** Derivatives of a number that follows from the logits of a text, with respect to named results. */
import { createBatch } from "../compute/batch.ts";
import { KvCache } from "../compute/memory/kv-cache.ts";
import { KernelOps } from "../compute/ops/kernel-ops.ts";
import { type Observer, ObservingOps } from "../compute/ops/observing-ops.ts";
import type { Runtime } from "../compute/runtime.ts";
import { RecordingOps } from "../compute/training/recording-ops.ts";
import { Tape } from "../compute/training/tape.ts";
import { type GradientObserver, WatchingOps } from "../compute/training/watching-ops.ts";
import { firstAngle } from "../model/attention/angles.ts";
import { forward, logits } from "../model/decoder.ts";
import type { Decoder } from "../model/modules.ts";
import { onePlace } from "./one-place.ts";

export interface Differentiation {
  readonly ids: readonly number[];
  /** The first position whose logits matter. */
  readonly from: number;
  /**
   * Gets the logits of the positions from `from` on, row-major [positions, vocabulary], and puts the
   * derivative of the number with respect to them in their place.
   */
  readonly score: (logits: Float32Array) => void;
  /** It sees results and may replace them, and sees derivatives. */
  readonly observer: Observer & GradientObserver;
  readonly signal?: AbortSignal | undefined;
}

/** A pass forward and back, within a pass of the runtime. The weights are f32. */
export async function differentiate(
  runtime: Runtime,
  threads: number,
  decoder: Decoder,
  { ids, from, score, observer, signal }: Differentiation,
): Promise<void> {
  const tape = new Tape(runtime, threads, []);
  const start = tape.mark();
  const pause = () => runtime.pause(signal);
  tape.begin(undefined);
  // Recording operations keep the keys and values of one layer at a time.
  const cache = new KvCache(runtime.memory, onePlace(decoder.config), ids.length);
  try {
    cache.grow(ids.length);
    const angle = firstAngle(decoder.longAngles, ids.length);
    const batch = createBatch(runtime, [{ cache, start: 0, ids, firstAngle: angle }]);
    const recording = new RecordingOps(tape, new KernelOps(runtime, threads));
    const ops = new WatchingOps(new ObservingOps(recording, observer), tape, observer);
    const hidden = await forward(ops, decoder, batch, pause);
    const rows = from === 0 ? hidden : ops.rows(hidden, from, ids.length - from);
    const outputs = logits(ops, decoder.head, rows);
    score(ops.view(outputs));
    tape.begins(outputs);
    await tape.backward(start, pause);
  } finally {
    tape.reset(start);
    cache.free();
  }
}

/** Memory that a model takes on a machine, by part and type. */
import {
  positionTableBytes,
  type SessionPlan,
  sessionCacheBytes,
  WORKING_BYTES,
} from "../weights/memory-plan.ts";
import type { PlannedWeight } from "./planned-weights.ts";

export interface PlannedMemory {
  readonly weights: readonly { readonly part: string; readonly type: string; readonly bytes: number }[];
  readonly weightBytes: number;
  /** Keys, values and states of a text of full length. */
  readonly cacheBytes: number;
  /** Tables of positions, activations, staging and threads. */
  readonly workBytes: number;
  /** With one text. */
  readonly totalBytes: number;
  /** Of it, on the machine that holds most; all without stages. */
  readonly machineBytes: number;
  /** Texts of full length at a time; 0 if the model does not fit. */
  readonly sequences: number;
}

/**
 * @param stages machines that divide the layers among them. Embeddings and head count on each: the first and
 *   the last hold them
 */
export function planMemory(
  sessions: SessionPlan,
  weights: readonly PlannedWeight[],
  memoryBytes: number,
  stages: number,
): PlannedMemory {
  const sums = new Map<string, { part: string; type: string; bytes: number }>();
  for (const { spec, type, bytes } of weights) {
    const key = `${spec.part} ${type}`;
    sums.set(key, { part: spec.part, type, bytes: (sums.get(key)?.bytes ?? 0) + bytes });
  }
  const weightBytes = weights.reduce((sum, { bytes }) => sum + bytes, 0);
  const cacheBytes = sessionCacheBytes(sessions);
  const workBytes = positionTableBytes(sessions.config, sessions.contextSize) + WORKING_BYTES;
  const layers = sessions.config.layers.length;
  const share = Math.ceil(layers / stages) / layers;
  const layered = weights.reduce((sum, { spec, bytes }) => sum + (spec.layer === undefined ? 0 : bytes), 0);
  const ownWeights = weightBytes - Math.floor(layered * (1 - share));
  const ownCache = Math.ceil(cacheBytes * share);
  const left = memoryBytes - ownWeights - workBytes;
  return {
    weights: [...sums.values()].sort((a, b) => b.bytes - a.bytes),
    weightBytes,
    cacheBytes,
    workBytes,
    totalBytes: weightBytes + cacheBytes + workBytes,
    machineBytes: ownWeights + ownCache + workBytes,
    sequences: Math.max(0, Math.floor(left / Math.max(1, ownCache))),
  };
}

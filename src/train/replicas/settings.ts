/** Settings of a replica, from the request of its run. */
import type { Shard } from "../../shards/shard.ts";
import type { ReplicaRequest } from "../run/request.ts";
import type { ChangeType } from "./change.ts";

export interface ReplicaSettings {
  /** The number of the replica among all. */
  readonly place: Shard;
  /** What all replicas share. */
  readonly folder: string;
  /** Steps between two outer steps. */
  readonly innerSteps: number;
  /** Learning rate of the outer step. */
  readonly rate: number;
  /** Nesterov momentum of the outer step. */
  readonly momentum: number;
  /** How long a change of the others is waited for. */
  readonly waitSeconds: number;
  /** How this replica writes its change. */
  readonly change: ChangeType;
}

/** Rate and momentum of Douillard et al. 2023, section 3.1. */
const DEFAULTS = { innerSteps: 100, rate: 0.7, momentum: 0.9, waitSeconds: 600, change: "f32" } as const;

/** @returns undefined for a run that is alone */
export function replicaSettings(request: ReplicaRequest): ReplicaSettings | undefined {
  const { replica: place, outerDir: folder } = request;
  if (place === undefined || folder === undefined) return undefined;
  return {
    place,
    folder,
    innerSteps: request.innerSteps ?? DEFAULTS.innerSteps,
    rate: request.outerLr ?? DEFAULTS.rate,
    momentum: request.outerMomentum ?? DEFAULTS.momentum,
    waitSeconds: request.wait ?? DEFAULTS.waitSeconds,
    change: request.change ?? DEFAULTS.change,
  };
}

/** An odd number near 2^32 over the golden ratio: neighbours get seeds that are far apart. */
const STRIDE = 0x9e3779b1;

/** Seed of what a replica draws in its steps. The first one draws as a run that is alone. */
export const ownSeed = (seed: number, place: Shard | undefined): number =>
  (seed + Math.imul(STRIDE, place?.index ?? 0)) >>> 0;

interface Batches<T> {
  batch(step: number): Promise<readonly T[]>;
}

/**
 * Deals the batches of a run in turn: step s of replica r of N has batch s N + r. So no two replicas read the
 * same example in an epoch, and a replica that goes on needs only the number of its step.
 */
export function dealt<T, B extends Batches<T>>(data: B, place: Shard | undefined): B {
  if (place === undefined) return data;
  return { ...data, batch: (step: number) => data.batch(step * place.count + place.index) };
}

/** Estimates the memory of a model before any of it is allocated. */
import { OptionError, optionNamed } from "../checks/option-error.ts";
import { type KvShape, kvCacheBytes } from "../compute/memory/kv-shape.ts";
import { CAPACITY } from "../compute/memory/memory.ts";
import { allocatedIn, allocatedInAll } from "../compute/memory/process-memory.ts";
import { matrixBytes, type WeightDtype } from "../compute/tensor.ts";
import { GptError } from "../errors.ts";
import { machine } from "../host/machine.ts";
import { lengthsOfAngles } from "../model/attention/angles.ts";
import type { AttentionConfig, DecoderConfig } from "../model/config.ts";
import { attentionsOf } from "../model/mixers.ts";
import { memoryDtype, memoryType } from "./dtype.ts";
import { piecesOf } from "./pieces.ts";
import type { WeightsPlan } from "./plan.ts";
import type { ResolvedWeight, StoredWeight } from "./resolve.ts";

/** The default context: enough for most uses, and its cache fits beside large models. */
const DEFAULT_CONTEXT = 4096;

/** A generous bound for the activations of one pass, the staging of the loader and the threads. */
export const WORKING_BYTES = 64 << 20;

export const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6).toLocaleString("en")} MB`;

/** Texts of this many times the factor of dynamic scaling are taken: it has no longest one. */
const BEYOND_FACTOR = 4;

/** With dynamic scaling a model takes longer texts than those it was made for. */
const stretchOf = ({ position }: AttentionConfig): number =>
  position.kind === "rotary" && position.scaling.kind === "dynamic"
    ? BEYOND_FACTOR * position.scaling.factor
    : 1;

/**
 * @param most the longest context without a wish
 * @throws GptError `usage` for anything but a whole number from 1 to the positions of the model
 */
export function chooseContextSize(
  config: DecoderConfig,
  wish: number | undefined,
  most = DEFAULT_CONTEXT,
): number {
  const { nPositions } = config;
  const longest = Math.floor(nPositions * Math.max(1, ...attentionsOf(config).map(stretchOf)));
  if (wish === undefined) return Math.min(longest, most);
  if (Number.isInteger(wish) && wish >= 1 && wish <= longest) return wish;
  const range = `this model takes a whole number from 1 to ${longest}`;
  throw new OptionError("usage", `${optionNamed("contextSize")} ${wish}: ${range}`);
}

/** Bytes of the packed weights. */
export function weightBytes<W extends StoredWeight>(
  weights: readonly W[],
  dtypeOf: (weight: W) => WeightDtype,
): number {
  return weights.reduce((sum, weight) => {
    const pieces = piecesOf(weight, dtypeOf(weight));
    const [, inputs = 1] = weight.spec.shape;
    return pieces.reduce((sum, { outputs, dtype }) => sum + matrixBytes(outputs, inputs, dtype), sum);
  }, 0);
}

/** Memory of the weights of one type. */
export interface DtypeBytes {
  /** The name in llama.cpp. A weight with parts of several types has all their names, as in Q4_K+Q6_K. */
  readonly dtype: string;
  readonly bytes: number;
}

/** Memory of weights by type, the largest share first. */
export function weightBytesByDtype(
  weights: readonly ResolvedWeight[],
  dtypeOf = memoryDtype(),
): DtypeBytes[] {
  const bytesOf = new Map<string, number>();
  for (const weight of weights) {
    const type = memoryType(weight, dtypeOf(weight));
    bytesOf.set(type, (bytesOf.get(type) ?? 0) + weightBytes([weight], dtypeOf));
  }
  return [...bytesOf].map(([dtype, bytes]) => ({ dtype, bytes })).sort((a, b) => b.bytes - a.bytes);
}

/** Bytes of the position tables that are computed. */
export function positionTableBytes(config: DecoderConfig, contextSize: number): number {
  const { embedding, nEmbd } = config;
  const sinusoids = embedding.positions === "sinusoidal" ? matrixBytes(contextSize, nEmbd, "f32") : 0;
  const rotary = new Map(attentionsOf(config).map(({ position }) => [JSON.stringify(position), position]));
  const angles = [...rotary.values()].map((position) =>
    // dims / 2 cosines and sines
    position.kind === "rotary"
      ? lengthsOfAngles(position.scaling, contextSize).length * contextSize * position.dims * 4
      : 0,
  );
  return angles.reduce((sum, bytes) => sum + bytes, sinusoids);
}

/**
 * Bytes that one memory and the machine have left.
 *
 * @param allocated bytes in use
 */
export const availableBytes = (allocated: number): number =>
  Math.min(CAPACITY - allocated, machine.memoryBytes());

/** Bytes that the machine has left beside all memories. */
export const machineLeft = (): number => machine.memoryBytes() - allocatedInAll();

/** Sizes that decide the memory of a session. */
export interface SessionPlan {
  readonly config: DecoderConfig;
  readonly contextSize: number;
  readonly kvShape: KvShape;
}

/** Sizes of what a session keeps of the text that the encoder has read; undefined without an encoder. */
export const crossShapeOf = (
  { layers, encoder }: DecoderConfig,
  types: KvShape["types"],
): KvShape | undefined => encoder && { layers: layers.flatMap(({ cross }) => cross?.attention ?? []), types };

/** The most bytes of the caches of a session: of its text, and of a text as long that the encoder has read. */
export function sessionCacheBytes({ config, contextSize, kvShape }: SessionPlan): number {
  const cross = crossShapeOf(config, kvShape.types);
  return kvCacheBytes(kvShape, contextSize) + (cross ? kvCacheBytes(cross, contextSize) : 0);
}

/**
 * Checks that the weights and one session of full length fit in one memory.
 *
 * @param allocated bytes in use by other models
 * @throws GptError `resource` with both numbers
 */
export const checkMemory = (
  sessions: SessionPlan,
  plan: Pick<WeightsPlan, "weights" | "dtypeOf">,
  allocated: number,
): void => expectRoom(sessions, plan, availableBytes(allocated));

/** @throws GptError `resource` if the weights and one session of full length need more than is available */
export function expectRoom(
  sessions: SessionPlan,
  { weights, dtypeOf }: Pick<WeightsPlan, "weights" | "dtypeOf">,
  available: number,
): void {
  const model = weightBytes(weights, dtypeOf);
  const { config, contextSize } = sessions;
  const cache = sessionCacheBytes(sessions);
  const needed = model + cache + positionTableBytes(config, contextSize) + WORKING_BYTES;
  if (needed <= available) return;
  const advice =
    model + WORKING_BYTES < available
      ? "choose a smaller context"
      : "choose a smaller model, or quantize this one";
  throw new GptError(
    "resource",
    `the model needs ${megabytes(needed)} (weights ${megabytes(model)}, context of ${contextSize} ${megabytes(cache)}), ` +
      `${megabytes(available)} are available: ${advice}`,
  );
}

/** What a session of full length takes in a bank of the process. */
interface SessionBank {
  readonly number: number;
  readonly cacheBytes: number;
}

/** Number of sessions of full length that fit into the free memory, at least 1. */
export function sessionsThatFit({ banks }: { readonly banks: readonly SessionBank[] }): number {
  const total = banks.reduce((sum, { cacheBytes }) => sum + cacheBytes, 0);
  const inBanks = banks
    .filter(({ cacheBytes }) => cacheBytes > 0)
    .map(({ number, cacheBytes }) => (CAPACITY - allocatedIn(number) - WORKING_BYTES) / cacheBytes);
  return Math.max(1, Math.floor(Math.min((machineLeft() - WORKING_BYTES) / total, ...inBanks)));
}

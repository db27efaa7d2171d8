/** What a sequence keeps for each layer, and the bytes that it takes. */
import { BLOCK_POSITIONS } from "../kernels/table.ts";
import { FLOATS, type KvTypes, vectorBytes } from "./kv-types.ts";
import { mostStates } from "./state-history.ts";

/**
 * Positions that a layer with a window keeps behind it, so that a sequence can go back: to before a draft, or
 * to before a short answer. To go back further means to run the text again.
 */
export const KEPT_BEHIND = 256;
/** The most positions by which a sequence grows in a pass: see `kvCacheBytes`. */
export const MOST_GROWTH = 144;

/** Positions rounded up to whole blocks. */
export const wholeBlocks = (positions: number): number =>
  Math.ceil(positions / BLOCK_POSITIONS) * BLOCK_POSITIONS;

/** A recurrent layer keeps a state of this size instead of keys and values. */
export interface StateSize {
  readonly stateBytes: number;
}

/** Heads of which a layer stores keys and values. */
export interface KvHeads {
  /** 0: the layer stores nothing. */
  readonly nKvHead: number;
  readonly headDim: number;
  /** Dimensions of a value. Default: those of a key. */
  readonly valueDim?: number;
  /** Positions before its own that a row sees at most; a cache may forget others. Default: all. */
  readonly past?: number | undefined;
}

export interface KvLayer extends KvHeads {
  /** Default f32. */
  readonly types?: KvTypes | undefined;
}

export interface KvShape {
  /** One entry per layer. */
  readonly layers: readonly (KvHeads | StateSize)[];
  /** Default f32. */
  readonly types?: KvTypes | undefined;
}

/** Bytes of one layer in a block. */
export function layerBytes({ nKvHead, headDim, valueDim = headDim, types = FLOATS }: KvLayer): number {
  const bytes = vectorBytes(headDim, types.keys) + vectorBytes(Math.ceil(valueDim / 4) * 4, types.values);
  return nKvHead * BLOCK_POSITIONS * bytes;
}

/** Layers that see equally far back. A block holds their keys and values of 32 positions. */
export interface LayerClass {
  /** Positions before its own that a row sees at most. */
  readonly past: number;
  readonly blockBytes: number;
}

/** Where a cache keeps what it holds. */
export interface KvPlaces {
  readonly classes: readonly LayerClass[];
  /** Number of the class of each layer. Of no meaning for layers that store no keys. */
  readonly classOf: readonly number[];
  /** Bytes to each layer: from the start of a block, or for a recurrent layer from the start of a state. */
  readonly offsets: readonly number[];
  /** Bytes of a state of all recurrent layers. */
  readonly stateBytes: number;
}

export function kvPlaces({ layers, types }: KvShape): KvPlaces {
  const classes: { past: number; blockBytes: number }[] = [];
  const classOf: number[] = [];
  const offsets: number[] = [];
  let stateBytes = 0;
  for (const layer of layers) {
    if ("stateBytes" in layer) {
      classOf.push(0);
      offsets.push(stateBytes);
      stateBytes += layer.stateBytes;
      continue;
    }
    const { past = Number.POSITIVE_INFINITY, nKvHead } = layer;
    const known = classes.findIndex((own) => own.past === past);
    const number = known < 0 && nKvHead > 0 ? classes.push({ past, blockBytes: 0 }) - 1 : Math.max(known, 0);
    const own = classes[number];
    classOf.push(number);
    offsets.push(own?.blockBytes ?? 0);
    if (own) own.blockBytes += layerBytes({ ...layer, types });
  }
  return { classes, classOf, offsets, stateBytes };
}

/** Bytes of the keys and values of a block of positions. */
export const kvBlockBytes = (shape: KvShape): number =>
  kvPlaces(shape).classes.reduce((sum, { blockBytes }) => sum + blockBytes, 0);

/** Bytes of a state of all recurrent layers. */
export const stateBytes = (shape: KvShape): number => kvPlaces(shape).stateBytes;

/**
 * The most bytes of a cache that holds `positions` positions, and forgets what no row sees after each growth
 * of at most MOST_GROWTH.
 */
export function kvCacheBytes(shape: KvShape, positions: number): number {
  const { classes, stateBytes } = kvPlaces(shape);
  return classes.reduce((sum, { past, blockBytes }) => {
    // The positions that stay may begin within a block, and so may those that come.
    const most = Math.min(positions, past + KEPT_BEHIND + MOST_GROWTH + BLOCK_POSITIONS);
    return sum + Math.ceil(most / BLOCK_POSITIONS) * blockBytes;
  }, mostStates(positions) * stateBytes);
}

/**
 * Gradients of the recurrence of assembly/recurrent/recurrence.ts over whole sequences. A state for each row
 * would take megabytes per row. So one column of a state is kept before every chunk of rows, and within a chunk
 * it is computed again from there (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost").
 *
 * The columns of a state [keyDim, valueDim] do not depend on each other. With the column s, key k, query q,
 * value v, step b, decay g, r = k . s and D, the gradient of the column after the row:
 *
 *   s' = g s + d k,  d = b (v - g r) with the delta rule, else b v,  o = q . s' + skip v
 *
 *   D += do q,  dq = do s',  dd = k . D,  dv = b dd + do skip,  db = dd (v - g r),
 *   with the delta rule c = b dd, else 0:  dk = d D - c g s,  D -= c k,  dg = s . D,  D <- g D
 */
import { advance, dot, gather, readBack, scatter, writeBack } from "./recurrence-rows";

/** Rows between two kept columns. */
export const STATE_CHUNK: usize = 32;

/** Arguments of recurrenceGradient. */
@unmanaged
export class RecurrenceGradient {
  /** f32, laid out like x; the gradients of keys, queries and values overwrite it */
  dx!: usize;
  /** f32 [rows, 2 heads]: of the steps, then of the decays; overwritten */
  dgates!: usize;
  /** f32 [segments, heads], or 0 for none; overwritten */
  dskip!: usize;
  /** f32 [rows, heads * valueDim] */
  dout!: usize;
  /** f32, rows `stride` elements apart */
  x!: usize;
  stride!: usize;
  /** Elements of a row that its parts begin at. */
  keys!: usize;
  queries!: usize;
  values!: usize;
  /** f32 [rows, 2 heads]: the steps, then the decays */
  gates!: usize;
  /** f32 [heads], or 0 */
  skip!: usize;
  delta!: bool;
  /** u32: the first row of each segment, then the number of rows */
  bounds!: usize;
  heads!: usize;
  keyHeads!: usize;
  /** Head h has key and query h % keyHeads, else h * keyHeads / heads. */
  tiled!: bool;
  keyDim!: usize;
  valueDim!: usize;
  /** Rows of the longest segment. */
  longest!: usize;
  /**
   * [threads][scratchBytes]: f32 vectors of keyDim, in whole fours: 4 for each row of the longest segment, 1
   * for each chunk of it, STATE_CHUNK + 2
   */
  scratch!: usize;
  scratchBytes!: usize;
}

/** Gradients for the items segment * keyHeads + key head in [begin, end). */
export function recurrenceGradient(a: RecurrenceGradient, worker: usize, begin: usize, end: usize): void {
  const bytes = ((a.keyDim + 3) & ~3) << 2;
  const ownKeys = a.scratch + worker * a.scratchBytes;
  const ownQueries = ownKeys + a.longest * bytes;
  const dkeys = ownQueries + a.longest * bytes;
  const dqueries = dkeys + a.longest * bytes;
  const states = dqueries + a.longest * bytes;
  for (let item = begin; item < end; item++) {
    const segment = item / a.keyHeads;
    const keyHead = item % a.keyHeads;
    const first = <usize>load<u32>(a.bounds + (segment << 2));
    const rows = <usize>load<u32>(a.bounds + (segment << 2), 4) - first;
    const key = (first * a.stride + a.keys + keyHead * a.keyDim) << 2;
    const query = (first * a.stride + a.queries + keyHead * a.keyDim) << 2;
    gather(ownKeys, a.x + key, rows, a.stride, a.keyDim, bytes);
    gather(ownQueries, a.x + query, rows, a.stride, a.keyDim, bytes);
    memory.fill(dkeys, 0, rows * bytes);
    memory.fill(dqueries, 0, rows * bytes);
    for (let head: usize = 0; head < a.heads; head++) {
      const own = a.tiled ? head % a.keyHeads : (head * a.keyHeads) / a.heads;
      if (own != keyHead) continue;
      const slopes = a.dgates + ((first * 2 * a.heads + head) << 2);
      for (let row: usize = 0; row < rows; row++) {
        f32.store(slopes + ((row * 2 * a.heads) << 2), 0);
        f32.store(slopes + ((row * 2 * a.heads + a.heads) << 2), 0);
      }
      let skipped: f32 = 0;
      for (let column: usize = 0; column < a.valueDim; column++) {
        skipped += differentiateColumn(
          a,
          first,
          rows,
          head,
          column,
          bytes,
          ownKeys,
          ownQueries,
          dkeys,
          dqueries,
          states,
        );
      }
      if (a.dskip != 0) f32.store(a.dskip + ((segment * a.heads + head) << 2), skipped);
    }
    scatter(a.dx + key, dkeys, rows, a.stride, a.keyDim, bytes);
    scatter(a.dx + query, dqueries, rows, a.stride, a.keyDim, bytes);
  }
}

/** Gradients through one column of the state of a head. Returns that of the head's `skip`. */
function differentiateColumn(
  a: RecurrenceGradient,
  first: usize,
  rows: usize,
  head: usize,
  column: usize,
  bytes: usize,
  ownKeys: usize,
  ownQueries: usize,
  dkeys: usize,
  dqueries: usize,
  scratch: usize,
): f32 {
  const rowBytes = a.stride << 2;
  const outBytes = (a.heads * a.valueDim) << 2;
  const gateBytes = a.heads << 3;
  const place = first * rowBytes + ((a.values + head * a.valueDim + column) << 2);
  const out = a.dout + first * outBytes + ((head * a.valueDim + column) << 2);
  const gates = a.gates + first * gateBytes + (head << 2);
  const slopes = a.dgates + first * gateBytes + (head << 2);
  const decayAt = a.heads << 2;
  const factor: f32 = a.skip == 0 ? 0 : f32.load(a.skip + (head << 2));
  const chunks = (a.longest + STATE_CHUNK - 1) / STATE_CHUNK;
  const within = scratch + chunks * bytes; // columns before the rows of a chunk, and after the last
  const D = within + (STATE_CHUNK + 1) * bytes;

  memory.fill(within, 0, bytes);
  for (let row: usize = 0; row < rows; row++) {
    const gate = gates + row * gateBytes;
    if (row % STATE_CHUNK == 0) memory.copy(scratch + (row / STATE_CHUNK) * bytes, within, bytes);
    const v = f32.load(a.x + place + row * rowBytes);
    advance(
      within,
      within,
      ownKeys + row * bytes,
      bytes,
      v,
      f32.load(gate),
      f32.load(gate + decayAt),
      a.delta,
    );
  }
  memory.fill(D, 0, bytes);
  let skipped: f32 = 0;
  for (let end = rows; end > 0; ) {
    const begin = ((end - 1) / STATE_CHUNK) * STATE_CHUNK;
    memory.copy(within, scratch + (begin / STATE_CHUNK) * bytes, bytes);
    for (let row = begin; row < end; row++) {
      const gate = gates + row * gateBytes;
      const own = within + (row - begin) * bytes;
      const v = f32.load(a.x + place + row * rowBytes);
      advance(
        own + bytes,
        own,
        ownKeys + row * bytes,
        bytes,
        v,
        f32.load(gate),
        f32.load(gate + decayAt),
        a.delta,
      );
    }
    for (let row = end; row > begin; ) {
      row--;
      const gate = gates + row * gateBytes;
      const slope = slopes + row * gateBytes;
      const step = f32.load(gate);
      const decay = f32.load(gate + decayAt);
      const v = f32.load(a.x + place + row * rowBytes);
      const dout = f32.load(out + row * outBytes);
      const before = within + (row - begin) * bytes;
      const k = ownKeys + row * bytes;
      const known: f32 = a.delta ? decay * dot(before, k, bytes) : 0;
      const change = readBack(
        D,
        dqueries + row * bytes,
        before + bytes,
        ownQueries + row * bytes,
        k,
        dout,
        bytes,
      );
      const dvalue = step * change;
      f32.store(a.dx + place + row * rowBytes, dvalue + dout * factor);
      f32.store(slope, f32.load(slope) + change * (v - known));
      const taken: f32 = a.delta ? dvalue : 0;
      const ddecay = writeBack(D, dkeys + row * bytes, before, k, step * (v - known), taken, decay, bytes);
      f32.store(slope + decayAt, f32.load(slope + decayAt) + ddecay);
      skipped += dout * v;
    }
    end = begin;
  }
  return skipped;
}

/** Packs integers of two, three and six bits as panels of Q2_K, Q3_K and Q6_K hold them (quantized/layout.ts). */
import { Layout, Layouts } from "../quantized/layout";
import { GgmlType, integers, ownMin, ownScale } from "./ggml-blocks";

/** Stores 256 integers of two bits with their scales and mins. Returns the address behind them. */
export function twoBits(to: usize, type: GgmlType, row: usize, i: usize, lane: usize): usize {
  for (let j = i; j < i + 256; j += 16) {
    const groups = i32x4.mul(integers(type, row, j), i32x4(1, 4, 16, 64));
    i32.store(to + (lane << 2), orLanes(groups));
    store<u8>(to + lane, ownScale(type, row, j) | (ownMin(type, row, j) << 4), 32);
    to += 40;
  }
  return to;
}

/** Stores 256 integers of three bits with their scales. Returns the address behind them. */
export function threeBits(to: usize, type: GgmlType, row: usize, i: usize, lane: usize): usize {
  const zero = i8x16.splat(<i8>Layouts.zero(Layout.Q3_K));
  let upper: u32 = 0;
  for (let j: usize = 0; j < 256; j += 32) {
    const early = <u32>(ownScale(type, row, i + j) + 32);
    const late = <u32>(ownScale(type, row, i + j + 16) + 32);
    store<u8>(to + (j >> 2) + lane, (early & 15) | (late << 4));
    upper |= (((early >> 4) & 3) | (((late >> 4) & 3) << 2)) << ((<u32>(j >> 5)) << 2);
  }
  for (let j: usize = 0; j < 4; j++) store<u8>(to + 64 + (j << 3) + lane, upper >> ((<u32>j) << 3));
  to += 96;
  for (let j = i; j < i + 256; j += 32) {
    const a = i8x16.add(integers(type, row, j), zero);
    const b = i8x16.add(integers(type, row, j + 16), zero);
    const bitsA = i32x4.mul(i8x16.shr_u(a, 2), i32x4(4, 8, 16, 32));
    const bitsB = i32x4.mul(i8x16.shr_u(b, 2), i32x4(64, 128, 1, 2));
    i32.store(to + (lane << 2), orLanes(v128.or(bitsA, bitsB)));
    const two = i8x16.splat(3);
    i32.store(to + (lane << 2), orLanes(i32x4.mul(v128.and(a, two), i32x4(1, 4, 16, 64))), 32);
    i32.store(to + (lane << 2), orLanes(i32x4.mul(v128.and(b, two), i32x4(1, 4, 16, 64))), 64);
    to += 96;
  }
  return to;
}

/** Stores 256 integers of six bits with their scales. Returns the address behind them. */
export function sixBits(to: usize, type: GgmlType, row: usize, i: usize, lane: usize): usize {
  for (let j = i; j < i + 256; j += 32) {
    storeSixBits(to + (lane << 2), type, row, j);
    storeSixBits(to + (lane << 2) + 96, type, row, j + 16);
    store<u8>(to + lane, ownScale(type, row, j), 192);
    store<u8>(to + lane, ownScale(type, row, j + 16), 200);
    to += 208;
  }
  return to;
}

/** Stores 16 integers of one output. */
function storeSixBits(to: usize, type: GgmlType, row: usize, i: usize): void {
  const groups = i8x16.add(integers(type, row, i), i8x16.splat(<i8>Layouts.zero(Layout.Q6_K)));
  const a = i32x4.extract_lane(groups, 0);
  const b = i32x4.extract_lane(groups, 1);
  const c = i32x4.extract_lane(groups, 2);
  // Words of 16 bits: bits that leave a word are lost.
  const shifted = ((a >> 2) & 0x3fff3fff) ^ ((b >> 4) & 0x0fff0fff) ^ ((c >> 6) & 0x03ff03ff);
  const rest = shifted ^ i32x4.extract_lane(groups, 3);
  i32.store(to, a | ((rest & 0x30303030) << 2));
  i32.store(to, b | ((rest & 0x0c0c0c0c) << 4), 32);
  i32.store(to, c | ((rest & 0x03030303) << 6), 64);
}

export function orLanes(v: v128): i32 {
  return (
    i32x4.extract_lane(v, 0) | i32x4.extract_lane(v, 1) | i32x4.extract_lane(v, 2) | i32x4.extract_lane(v, 3)
  );
}

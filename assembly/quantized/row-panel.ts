/**
 * One row times one panel of any layout: one function for each, because one function for all is not
 * specialised and up to 40% slower.
 */
import { Layout } from "./layout";
import { ByteRow } from "./row-bytes";
import { NibbleRow } from "./row-nibbles";
import { sixBitRow } from "./row-six-bits";
import { threeBitRow } from "./row-three-bits";
import { twoBitRow } from "./row-two-bits";

/** As ByteRow.multiply, of any layout. */
export function rowPanel(
  layout: Layout,
  out: usize,
  outputs: usize,
  x: usize,
  panel: usize,
  bytes: usize,
  bias: usize,
): void {
  switch (layout) {
    case Layout.Q8_0:
      return q8_0(out, outputs, x, panel, bytes, bias);
    case Layout.Q4_0:
      return q4_0(out, outputs, x, panel, bytes, bias);
    case Layout.Q4_1:
      return q4_1(out, outputs, x, panel, bytes, bias);
    case Layout.Q5_0:
      return q5_0(out, outputs, x, panel, bytes, bias);
    case Layout.Q5_1:
      return q5_1(out, outputs, x, panel, bytes, bias);
    case Layout.MXFP4:
      return mxfp4(out, outputs, x, panel, bytes, bias);
    case Layout.IQ4_NL:
      return iq4_nl(out, outputs, x, panel, bytes, bias);
    case Layout.IQ4_XS:
      return iq4_xs(out, outputs, x, panel, bytes, bias);
    case Layout.Q2_K:
      return twoBitRow(out, outputs, x, panel, bytes, bias);
    case Layout.Q3_K:
      return threeBitRow(out, outputs, x, panel, bytes, bias);
    case Layout.Q4_K:
      return q4_k(out, outputs, x, panel, bytes, bias);
    case Layout.Q5_K:
      return q5_k(out, outputs, x, panel, bytes, bias);
    case Layout.Q6_K:
      return sixBitRow(out, outputs, x, panel, bytes, bias);
    case Layout.Bytes32:
      return bytes32(out, outputs, x, panel, bytes, bias);
    case Layout.Bytes16:
      return bytes16(out, outputs, x, panel, bytes, bias);
    default:
      return bytes16Min(out, outputs, x, panel, bytes, bias);
  }
}

function q8_0(out: usize, outputs: usize, x: usize, panel: usize, bytes: usize, bias: usize): void {
  ByteRow.multiply(32, false, true, out, outputs, x, panel, bytes, bias);
}

function bytes32(out: usize, outputs: usize, x: usize, panel: usize, bytes: usize, bias: usize): void {
  ByteRow.multiply(32, false, false, out, outputs, x, panel, bytes, bias);
}

function bytes16(out: usize, outputs: usize, x: usize, panel: usize, bytes: usize, bias: usize): void {
  ByteRow.multiply(16, false, false, out, outputs, x, panel, bytes, bias);
}

function bytes16Min(out: usize, outputs: usize, x: usize, panel: usize, bytes: usize, bias: usize): void {
  ByteRow.multiply(16, true, false, out, outputs, x, panel, bytes, bias);
}

function q4_0(out: usize, outputs: usize, x: usize, panel: usize, bytes: usize, bias: usize): void {
  NibbleRow.multiply(Layout.Q4_0, out, outputs, x, panel, bytes, bias);
}

function q4_1(out: usize, outputs: usize, x: usize, panel: usize, bytes: usize, bias: usize): void {
  NibbleRow.multiply(Layout.Q4_1, out, outputs, x, panel, bytes, bias);
}

function q5_0(out: usize, outputs: usize, x: usize, panel: usize, bytes: usize, bias: usize): void {
  NibbleRow.multiply(Layout.Q5_0, out, outputs, x, panel, bytes, bias);
}

function q5_1(out: usize, outputs: usize, x: usize, panel: usize, bytes: usize, bias: usize): void {
  NibbleRow.multiply(Layout.Q5_1, out, outputs, x, panel, bytes, bias);
}

function mxfp4(out: usize, outputs: usize, x: usize, panel: usize, bytes: usize, bias: usize): void {
  NibbleRow.multiply(Layout.MXFP4, out, outputs, x, panel, bytes, bias);
}

function iq4_nl(out: usize, outputs: usize, x: usize, panel: usize, bytes: usize, bias: usize): void {
  NibbleRow.multiply(Layout.IQ4_NL, out, outputs, x, panel, bytes, bias);
}

function iq4_xs(out: usize, outputs: usize, x: usize, panel: usize, bytes: usize, bias: usize): void {
  NibbleRow.multiply(Layout.IQ4_XS, out, outputs, x, panel, bytes, bias);
}

function q4_k(out: usize, outputs: usize, x: usize, panel: usize, bytes: usize, bias: usize): void {
  NibbleRow.multiply(Layout.Q4_K, out, outputs, x, panel, bytes, bias);
}

function q5_k(out: usize, outputs: usize, x: usize, panel: usize, bytes: usize, bias: usize): void {
  NibbleRow.multiply(Layout.Q5_K, out, outputs, x, panel, bytes, bias);
}

/** Compares logits bit for bit. */
import { expect } from "vitest";

const bits = (values: Float32Array) => new Uint32Array(values.buffer, values.byteOffset, values.length);

/** Fails at the first number that differs in any bit; `width` numbers make a row. */
export function expectSameBits(actual: Float32Array, expected: Float32Array, width: number): void {
  expect(actual.length).toBe(expected.length);
  const [found, wanted] = [bits(actual), bits(expected)];
  const wrong = found.findIndex((word, i) => word !== wanted[i]);
  if (wrong < 0) return;
  const place = `row ${Math.floor(wrong / width)}, column ${wrong % width}`;
  expect.fail(`${place}: ${actual[wrong]} for ${expected[wrong]}`);
}

/** Rows [first, end) of row-major numbers. */
export const rows = (values: Float32Array, width: number, first: number, end?: number): Float32Array =>
  values.slice(first * width, end === undefined ? undefined : end * width);

/** Numbers with a shape, row-major: what views return, and what the command line and the page draw. */

export interface Grid<A extends Float32Array | Int32Array = Float32Array> {
  readonly shape: readonly number[];
  readonly values: A;
}

export const zeros = (...shape: number[]): Grid => ({
  shape,
  values: new Float32Array(shape.reduce((product, n) => product * n, 1)),
});

export const integers = (...shape: number[]): Grid<Int32Array> => ({
  shape,
  values: new Int32Array(shape.reduce((product, n) => product * n, 1)),
});

/** Row `i` of the first axis, where it lies. */
export function part<A extends Float32Array | Int32Array>({ shape, values }: Grid<A>, i: number): Grid<A> {
  const [, ...rest] = shape;
  const size = rest.reduce((product, n) => product * n, 1);
  return { shape: rest, values: values.subarray(i * size, (i + 1) * size) as A };
}

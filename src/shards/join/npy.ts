/** Rows follow rows, under one header with their number. */
import { open } from "node:fs/promises";
import { GptError } from "../../errors.ts";
import { fileError } from "../../files/file.ts";
import { type NpyShape, npyHeader, npyShape } from "../../files/npy.ts";
import type { Joiner } from "./joiner.ts";
import { bytesOf } from "./lines.ts";

const HEAD_BYTES = 1024;

export const joinNpy: Joiner = async function* (paths) {
  const shapes = await Promise.all(paths.map(shapeOf));
  const width = Math.max(0, ...shapes.map((shape) => shape.width));
  const other = shapes.findIndex((shape) => shape.rows > 0 && shape.width !== width);
  if (other >= 0) {
    const found = `has vectors of ${shapes[other]?.width} numbers, another part of ${width}`;
    throw new GptError("invalid-file", `${paths[other]}: ${found}: they are not of one model`);
  }
  const rows = shapes.reduce((sum, shape) => sum + shape.rows, 0);
  yield npyHeader(rows, width);
  for (const [i, path] of paths.entries()) yield* bytesOf(path, shapes[i]?.offset);
};

async function shapeOf(path: string): Promise<NpyShape> {
  const handle = await open(path).catch((error) => {
    throw fileError(path, "opened", error);
  });
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return npyShape(buffer.subarray(0, bytesRead), path);
  } finally {
    await handle.close();
  }
}

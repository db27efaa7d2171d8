import { describe, expect, it } from "vitest";
import { type ChunkToPack, packChunks } from "../../../src/compute/packing/chunk-queue.ts";
import { builds, Laboratory } from "../laboratory.ts";

const ROWS = 8;
const INPUTS = 4;

describe.each(builds)("chunks that are packed while others are read, %s build", (simd) => {
  /** Chunks of 8 x 4 floats, each full of its number, and what happened. */
  function chunksOf(count: number, fails: (chunk: number) => boolean = () => false) {
    const lab = new Laboratory(simd, 2);
    const { packing } = lab;
    const events: string[] = [];
    const matrix = packing.matrix(ROWS * count, INPUTS, "f32");
    function* chunks(): Generator<ChunkToPack & { readonly number: number }> {
      for (let number = 0; number < count; number++) {
        const place = { firstOutput: number * ROWS, outputs: ROWS, firstInput: 0, inputs: INPUTS };
        const chunk = { dtype: "F32", transposed: false, ...place } as const;
        const read = async (staging: Uint8Array) => {
          events.push(`read ${number}`);
          await new Promise((resolve) => setTimeout(resolve, number % 2 === 0 ? 5 : 0));
          if (fails(number)) throw new Error(`no chunk ${number}`);
          new Float32Array(staging.buffer, staging.byteOffset, ROWS * INPUTS).fill(number);
          events.push(`end ${number}`);
        };
        yield { packing, matrix, chunk, read, number };
      }
    }
    return { lab, matrix, events, chunks: chunks() };
  }

  it("come in their order, with others read ahead", async () => {
    const { lab, matrix, events, chunks } = chunksOf(9);
    const { allocated } = lab.runtime.memory;
    for await (const { number } of packChunks(chunks)) events.push(`packed ${number}`);
    expect(events.filter((event) => event.startsWith("packed"))).toEqual(
      Array.from({ length: 9 }, (_, number) => `packed ${number}`),
    );
    expect(events.indexOf("read 3")).toBeLessThan(events.indexOf("packed 0"));
    expect(events.indexOf("read 8")).toBeGreaterThan(events.indexOf("packed 3"));
    const values = lab.runtime.memory.f32(matrix.ptr, 9 * ROWS * INPUTS);
    expect([...values]).toEqual([...values.keys()].map((i) => Math.floor(i / (ROWS * INPUTS))));
    expect(lab.runtime.memory.allocated).toBe(allocated);
    lab.close();
  });

  it("end with the first error, when all reads have ended", async () => {
    const { lab, events, chunks } = chunksOf(9, (number) => number === 3 || number === 5);
    const { allocated } = lab.runtime.memory;
    const packed: number[] = [];
    const all = (async () => {
      for await (const { number } of packChunks(chunks)) packed.push(number);
    })();
    await expect(all).rejects.toThrow("no chunk 3");
    expect(packed).toEqual([0, 1, 2]);
    expect(events).toContain("end 4");
    expect(lab.runtime.memory.allocated).toBe(allocated);
    lab.close();
  });
});

import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readBaseline, sinceBaseline } from "../../src/bench/baseline.ts";
import type { KernelResult } from "../../src/bench/measure-kernels.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const file = temporaryFolder();

const result = (kernel: string, share: number | null): KernelResult => ({
  kernel,
  shape: "",
  unit: "B",
  limit: "copy",
  maxError: 0,
  measurements: [
    { build: "scalar", threads: 1, rate: 1, share: null },
    { build: "plain", threads: 2, rate: 1, share },
  ],
});

function stored(name: string, content: unknown): string {
  const path = file(name);
  writeFileSync(path, JSON.stringify(content));
  return path;
}

describe("a baseline", () => {
  it("is compared by the shares that both runs measured", async () => {
    const baseline = await readBaseline(
      stored("before.json", { kernels: [result("a", 0.5), result("b", null)] }),
    );
    const changes = sinceBaseline(baseline, [result("a", 0.4), result("b", 0.4), result("c", 0.4)]).map(
      ({ measurements }) => measurements.map(({ change }) => change),
    );
    expect(changes).toEqual([
      [undefined, expect.closeTo(-0.2)],
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  it("may hold anything, which is left out or refused", async () => {
    const strange = [
      null,
      3,
      {},
      { measurements: 4 },
      { kernel: "a", measurements: [null, { share: "x" }, { share: -1 }] },
    ];
    expect((await readBaseline(stored("strange.json", { kernels: strange }))).size).toBe(0);
    const path = stored("other.json", { results: [] });
    const error = await rejectionOf(readBaseline(path));
    expect([error.code, error.message]).toEqual([
      "invalid-file",
      `${path}: expected what gpt bench kernels --json wrote, found no list "kernels"`,
    ]);
  });
});

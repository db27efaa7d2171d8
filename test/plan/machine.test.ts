import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { snakeCase } from "../../src/files/snake-case.ts";
import { readMachine } from "../../src/plan/machine.ts";
import { measureMachine } from "../../src/plan/measure-machine.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const file = temporaryFolder();

function stored(content: unknown): string {
  const path = file("machine.json");
  writeFileSync(path, JSON.stringify(content));
  return path;
}

const described = { cores: 8, memory_bytes: 32e9, read_bytes_per_second: 40e9, flops_per_second: 1e11 };

describe("a machine", () => {
  it("is described by four numbers", async () => {
    const path = stored(described);
    expect(await readMachine(path)).toEqual({
      name: path,
      cores: 8,
      memoryBytes: 32e9,
      readBytesPerSecond: { one: 40e9, all: 40e9 },
      flopsPerSecond: 1e11,
      jobSeconds: 5e-6,
      shares: {},
    });
  });

  it("that is measured can be read again", async () => {
    const names: string[] = [];
    const measured = await measureMachine(["no-such-kernel"], {
      simd: "plain",
      threads: 1,
      signal: new AbortController().signal,
      onKernel: (name, done, total) => names.push(`${name} ${done}/${total}`),
    });
    expect(names).toEqual(["multiply-add 1/3", "read 2/3", "fork-join 3/3"]);
    expect(measured.flopsPerSecond).toBeGreaterThan(1e8);
    expect(measured.readBytesPerSecond.one).toBeGreaterThan(1e7);
    expect(measured.jobSeconds).toBeLessThan(1);
    expect(await readMachine(stored(snakeCase(measured)))).toEqual(measured);
  });

  it.each([
    ["cores", 0, "cores is 0, expected a whole number from 1"],
    ["memory_bytes", "32 GB", 'memory_bytes is "32 GB", expected an integer of 0 or more'],
    ["read_bytes_per_second", -1, "read_bytes_per_second is -1, expected a number above 0"],
    ["read_bytes_per_second", { one: 1 }, "read_bytes_per_second.all is missing, expected a number above 0"],
    ["flops_per_second", null, "flops_per_second is missing, expected a number above 0"],
    ["shares", { "matmul-q4_0": "half" }, 'shares.matmul-q4_0 is "half", expected a number above 0'],
  ])("with a wrong %s is refused by its name", async (name, value, problem) => {
    const path = stored({ ...described, [name]: value });
    expect(await rejectionOf(readMachine(path))).toMatchObject({
      code: "invalid-file",
      message: `${path}: ${problem}`,
    });
  });
});

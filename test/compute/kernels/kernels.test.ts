import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { buildsFor, chooseSimd } from "../../../src/compute/kernels/kernels.ts";
import { builds } from "../laboratory.ts";

it.each(builds)("the %s build computes the known-answer check from its arguments", (simd) => {
  const bytes = readFileSync(new URL(`../../../build/${simd}.wasm`, import.meta.url));
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const { probe } = exports as unknown as { probe(a: number, b: number, c: number): number };
  expect([probe(3, 5, 7), probe(2, -3, 0.5)]).toEqual([22, -5.5]);
});

it("chooses the plain build when asked, else the best that runs", () => {
  expect(chooseSimd("plain")).toBe("plain");
  expect(chooseSimd("auto")).toBe(builds.at(-1));
});

it("lists the builds that run, or the one asked for", () => {
  expect(buildsFor("auto")).toEqual(builds);
  expect(buildsFor("plain")).toEqual(["plain"]);
});

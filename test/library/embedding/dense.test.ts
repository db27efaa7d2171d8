import { mkdirSync } from "node:fs";
import { expect, it } from "vitest";
import { DenseLayers } from "../../../src/library/embedding/dense.ts";
import { writeModelDirectory } from "../../fixtures/directory-writer.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const file = temporaryFolder();
const choice = { threads: 1, simd: "plain" } as const;

/** A directory with a layer of 3 inputs and 2 outputs. */
function layer(name: string, tensors = ["linear.weight", "linear.bias"]): string {
  const data = { "linear.weight": [1, 2, 3, 0, -1, 1], "linear.bias": [0.5, -0.5] };
  const shapes: Readonly<Record<string, number[]>> = { "linear.weight": [2, 3], "linear.bias": [2] };
  mkdirSync(file(name), { recursive: true });
  return writeModelDirectory(
    file(name),
    {},
    Object.fromEntries(
      Object.entries(data)
        .filter(([tensor]) => tensors.includes(tensor))
        .map(([tensor, data]) => [tensor, { shape: shapes[tensor] ?? [], data }]),
    ),
  );
}

const sizes = { inputs: 3, outputs: 2 };

it("vectors go through W x + b, and tanh where the layer has it", async () => {
  const directory = layer("dense");
  for (const activation of ["none", "tanh"] as const) {
    const layers = await DenseLayers.load([{ directory, ...sizes, bias: true, activation }], choice);
    const [first, second] = await layers.apply([Float32Array.of(0.1, 0.2, 0.3), Float32Array.of(0, 0, 1)]);
    layers.close();
    const of = (value: number) => (activation === "tanh" ? Math.tanh(value) : value);
    for (const [i, value] of [1.9, -0.4].entries()) expect(first?.[i]).toBeCloseTo(of(value), 5);
    for (const [i, value] of [3.5, 0.5].entries()) expect(second?.[i]).toBeCloseTo(of(value), 5);
  }
});

it("a layer without bias adds nothing, and no layers change nothing", async () => {
  const module = { directory: layer("plain"), ...sizes, bias: false, activation: "none" } as const;
  const layers = await DenseLayers.load([module], choice);
  const [vector] = await layers.apply([Float32Array.of(0, 0, 1)]);
  layers.close();
  expect([...(vector ?? [])]).toEqual([3, 1]);
  const none = await DenseLayers.load([], choice);
  const same = Float32Array.of(1, 2);
  expect(await none.apply([same])).toEqual([same]);
  none.close();
});

it("a missing tensor and another shape are refused by name", async () => {
  const missing = {
    directory: layer("missing", ["linear.weight"]),
    ...sizes,
    bias: true,
    activation: "tanh",
  } as const;
  expect((await rejectionOf(DenseLayers.load([missing], choice))).message).toMatch(/no tensor linear.bias$/);
  const wrong = {
    directory: layer("wrong"),
    inputs: 4,
    outputs: 2,
    bias: false,
    activation: "tanh",
  } as const;
  expect((await rejectionOf(DenseLayers.load([wrong], choice))).message).toMatch(/linear\.weight/);
});

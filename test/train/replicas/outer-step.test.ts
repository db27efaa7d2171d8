import { mkdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { TensorReader } from "../../../src/checkpoint/reader.ts";
import { readSafetensors } from "../../../src/checkpoint/safetensors.ts";
import { writeSafetensors } from "../../../src/checkpoint/safetensors-writer.ts";
import type { TensorToWrite } from "../../../src/checkpoint/tensor-to-write.ts";
import { type ChangeType, readChange, writeChange } from "../../../src/train/replicas/change.ts";
import { writeOuterStep } from "../../../src/train/replicas/outer-step.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { TestRandom } from "../../reference/random.ts";

const file = temporaryFolder();
mkdirSync(file(), { recursive: true });

/** Odd sizes: of a last block, of one beyond a chunk, of a vector. */
const SHAPES = { matrix: [7, 5], large: [513, 515], vector: [33] } as const;
type Values = Readonly<Record<string, Float32Array>>;

function drawn(seed: number): Values {
  const random = new TestRandom(seed);
  const vector = (shape: readonly number[]) =>
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.uniform() - 0.5);
  return Object.fromEntries(Object.entries(SHAPES).map(([name, shape]) => [name, vector(shape)]));
}

/** Sent in pieces that end within blocks. */
const tensorsOf = (values: Values): TensorToWrite[] =>
  Object.entries(SHAPES).map(([name, shape]) => ({
    ...{ name, dtype: "F32", shape },
    async send(write) {
      const all = values[name] as Float32Array;
      for (let i = 0; i < all.length; i += 1003) {
        const piece = all.slice(i, i + 1003);
        await write(new Uint8Array(piece.buffer));
      }
    },
  }));

async function valuesOf(path: string, prefix = ""): Promise<Values> {
  const tensors = await readSafetensors(path);
  await using reader = new TensorReader();
  const read = async (name: string) => {
    const tensor = tensors.get(prefix + name);
    if (tensor === undefined) throw new Error(`no ${prefix}${name}`);
    const [rows, columns = 1] = SHAPES[name as keyof typeof SHAPES];
    const values = new Float32Array(rows * columns);
    await readChange(reader, tensor, 0, values);
    return values;
  };
  return Object.fromEntries(
    await Promise.all(Object.keys(SHAPES).map(async (name) => [name, await read(name)])),
  );
}

const each = (f: (name: string, i: number) => number): Values =>
  Object.fromEntries(
    Object.entries(SHAPES).map(([name, [rows, columns = 1]]) => [
      name,
      Float32Array.from({ length: rows * columns }, (_, i) => f(name, i)),
    ]),
  );

const at = (values: Values, name: string, i: number): number => values[name]?.[i] ?? Number.NaN;

const worst = (a: Values, b: Values, name: string): number =>
  (a[name] as Float32Array).reduce((most, value, i) => Math.max(most, Math.abs(value - at(b, name, i))), 0);

describe("a change", () => {
  it.each<[ChangeType, number]>([
    ["f32", 0],
    ["f16", 2 ** -11],
    ["q4_0", 1 / 8],
  ])("in %s is start - end within %f of a block's largest", async (type, error) => {
    const [start, end] = [drawn(1), drawn(2)];
    await writeSafetensors(file("start"), {}, tensorsOf(start));
    await writeChange(file(type), type, file("start"), tensorsOf(end));
    const found = await valuesOf(file(type));
    const wanted = each((name, i) => at(start, name, i) - at(end, name, i));
    for (const name of Object.keys(SHAPES)) expect(worst(found, wanted, name)).toBeLessThanOrEqual(error);
  });

  it("keeps the smallest halves", async () => {
    const tiny = each((_, i) => [2 ** -24, -(2 ** -24) * 700, 2 ** -14, -0][i % 4] ?? 0);
    await writeSafetensors(file("zero"), {}, tensorsOf(each(() => 0)));
    await writeChange(file("tiny"), "f16", file("zero"), tensorsOf(tiny));
    const found = await valuesOf(file("tiny"));
    expect(found.matrix).toEqual(each((name, i) => 0 - at(tiny, name, i)).matrix);
  });

  it("that is no number is refused", async () => {
    await writeSafetensors(file("finite"), {}, tensorsOf(drawn(1)));
    const end = each((_, i) => (i === 20 ? Number.NaN : 1));
    const work = writeChange(file("nan"), "f32", file("finite"), tensorsOf(end));
    expect((await rejectionOf(work)).message).toMatch(/^training has diverged: tensor matrix has changed/);
  });
});

describe("the outer step", () => {
  it("is SGD with Nesterov's momentum on the mean of the changes, as PyTorch computes it", async () => {
    const [start, one, two] = [drawn(1), drawn(2), drawn(3)];
    await writeSafetensors(file("outer-0"), {}, tensorsOf(start));
    const settings = { rate: 0.7, momentum: 0.9 };
    let [weights, momenta] = [start, each(() => 0)];
    for (let step = 0; step < 3; step++) {
      const from = file(`outer-${step}`);
      await writeChange(file("one"), "f32", from, tensorsOf(one));
      await writeChange(file("two"), "f32", from, tensorsOf(two));
      const changes = [file("one"), file("two")];
      await writeOuterStep(file(`outer-${step + 1}`), from, changes, settings, {});
      const before = { weights, momenta };
      const gradient = (name: string, i: number) =>
        at(before.weights, name, i) - (at(one, name, i) + at(two, name, i)) / 2;
      momenta = each((name, i) => 0.9 * at(before.momenta, name, i) + gradient(name, i));
      weights = each(
        (name, i) => at(before.weights, name, i) - 0.7 * (gradient(name, i) + 0.9 * at(momenta, name, i)),
      );
      const [found, velocity] = [
        await valuesOf(file(`outer-${step + 1}`)),
        await valuesOf(file(`outer-${step + 1}`), "momentum."),
      ];
      for (const name of Object.keys(SHAPES)) {
        expect(worst(found, weights, name)).toBeLessThan(2e-6);
        expect(worst(velocity, momenta, name)).toBeLessThan(2e-6);
      }
    }
  });

  it("writes the same bytes again, and refuses the change of another model", async () => {
    await writeSafetensors(file("base"), {}, tensorsOf(drawn(1)));
    await writeChange(file("own"), "q4_0", file("base"), tensorsOf(drawn(2)));
    const settings = { rate: 0.7, momentum: 0.9 };
    for (const name of ["first", "again"]) {
      await writeOuterStep(file(name), file("base"), [file("own")], settings, { steps: "4" });
    }
    expect(readFileSync(file("again")).equals(readFileSync(file("first")))).toBe(true);
    const [matrix] = tensorsOf(drawn(2));
    await writeSafetensors(file("other"), {}, matrix ? [matrix] : []);
    const work = writeOuterStep(file("none"), file("base"), [file("other")], settings, {});
    expect((await rejectionOf(work)).message).toContain(
      "tensor large is missing, or not of its shape 513 x 515: this replica trains another model",
    );
  });
});

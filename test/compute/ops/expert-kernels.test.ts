import { afterEach, describe, expect, it } from "vitest";
import type { Router, Routes, RoutingRule } from "../../../src/compute/ops/experts.ts";
import type { Matrix, WeightDtype } from "../../../src/compute/tensor.ts";
import * as twin from "../../../src/reference/experts.ts";
import { at, matmul } from "../../../src/reference/twins.ts";
import { TestRandom } from "../../reference/random.ts";
import { builds, expectClose, Laboratory } from "../laboratory.ts";

const PLAIN: RoutingRule = { scores: "softmax", logitScale: 1, weightScale: 1, weighs: "output" };

const RULES: readonly (readonly [name: string, rule: RoutingRule])[] = [
  ["softmax", PLAIN],
  ["softmax of the chosen", { ...PLAIN, normalize: { epsilon: 0 }, logitScale: 0.5 }],
  ["sigmoid", { ...PLAIN, scores: "sigmoid", weightScale: 2.5, normalize: { epsilon: 1e-20 } }],
  ["groups by their best", { ...PLAIN, groups: { count: 3, chosen: 1, best: 1 } }],
  ["groups by their two best", { ...PLAIN, scores: "sigmoid", groups: { count: 4, chosen: 2, best: 2 } }],
  ["sparse mixer", { ...PLAIN, scores: "sparseMixer", closeness: 0.4 }],
];

describe.each(builds)("mixtures of experts, %s build", (simd) => {
  let lab = new Laboratory(simd, 1);
  afterEach(() => {
    lab.close();
    lab = new Laboratory(simd, 1);
  });

  const chosen = ({ chosen: { ptr, length } }: Routes) => [...lab.runtime.memory.u32(ptr, length)];

  /** Each row chooses these experts, with weight 1. */
  function routesTo(experts: readonly (readonly number[])[], count: number, weighs = PLAIN.weighs): Routes {
    const active = experts[0]?.length ?? 0;
    const logits = experts.map((own) => Array.from({ length: count }, (_, e) => (own.includes(e) ? 4 : -4)));
    return lab.ops.route(lab.tensor(logits), { rule: { ...PLAIN, scores: "sigmoid", weighs }, active });
  }

  it.each(RULES)("%s: chooses the twin's experts with its weights", async (_, rule) => {
    const random = new TestRandom(1);
    for (const active of [1, 2, 3]) {
      for (const count of [12, 24]) {
        const logits = random.matrix(9, count);
        const vectors = { correction: random.vector(count), expertScales: random.vector(count) };
        const router: Router = { rule, active };
        const expected = logits.map((row) => twin.route(row, rule, active));
        const routes = lab.ops.route(lab.tensor(logits), router);
        expect(chosen(routes)).toEqual(expected.flat().map(({ expert }) => expert));
        expectClose(
          lab.read(routes.weights),
          expected.map((row) => row.map(({ weight }) => weight)),
          1e-5,
        );
        if (rule.scores === "sparseMixer") continue;
        const corrected = logits.map((row) => twin.route(row, rule, active, vectors));
        const all = lab.ops.route(lab.tensor(logits), {
          ...router,
          correction: await lab.vector(vectors.correction),
          expertScales: await lab.vector(vectors.expertScales),
        });
        expect(chosen(all)).toEqual(corrected.flat().map(({ expert }) => expert));
        expectClose(
          lab.read(all.weights),
          corrected.map((row) => row.map(({ weight }) => weight)),
          1e-5,
        );
      }
    }
  });

  it("chooses the first of equal experts, and none twice if logits are no numbers", () => {
    expect(chosen(lab.ops.route(lab.tensor([[1, 3, 3, 3, 1]]), { rule: PLAIN, active: 4 }))).toEqual([
      1, 2, 3, 0,
    ]);
    for (const [, rule] of RULES) {
      const nan = lab.ops.route(lab.tensor([Array(12).fill(Number.NaN)]), { rule, active: 3 });
      expect(new Set(chosen(nan)).size).toBe(3);
    }
  });

  it("a row chooses alone: the same bits in every batch and on several threads", () => {
    const random = new TestRandom(2);
    const logits = random.matrix(40, 16);
    const threaded = new Laboratory(simd, 3);
    for (const [, rule] of RULES.filter(([, { groups }]) => groups?.count !== 3)) {
      const all = lab.read(threaded.ops.route(lab.tensor(logits), { rule, active: 3 }).weights);
      const each = logits.map(
        (row) => lab.read(lab.ops.route(lab.tensor([row]), { rule, active: 3 }).weights)[0],
      );
      expect(each).toEqual(all);
    }
    threaded.close();
  });

  it("groups rows by expert, and sums what the experts give in the order of the choice", () => {
    const random = new TestRandom(3);
    for (const width of [1, 3, 4, 13]) {
      const x = random.matrix(3, width);
      const routes = routesTo([[0, 4], [4, 2], [0, 2]], 5); // biome-ignore format: rows
      const rows = lab.ops.dispatch(lab.tensor(x), routes);
      expect(lab.read(rows)).toEqual([0, 2, 1, 2, 0, 1].map((row) => x[row]));
      const weight = 1 / (1 + Math.exp(-4));
      expectClose(
        lab.read(lab.ops.combine(rows, routes)),
        x.map((row) => row.map((v) => 2 * weight * v)),
        1e-6,
      );
      const before = routesTo([[0, 4], [4, 2], [0, 2]], 5, "input"); // biome-ignore format: rows
      expectClose(
        lab.read(lab.ops.combine(lab.ops.dispatch(lab.tensor(x), before), before)),
        x.map((row) => row.map((v) => 2 * weight * v)),
        1e-6,
      );
    }
  });

  it("gates rows by a sigmoid", () => {
    const random = new TestRandom(4);
    const [x, gate] = [random.matrix(5, 7), random.matrix(5, 1)];
    const expected = x.map((row, i) => row.map((v) => v / (1 + Math.exp(-at(gate[i] ?? [], 0)))));
    expectClose(lab.read(lab.ops.gateRows(lab.tensor(x), lab.tensor(gate))), expected, 1e-6);
  });

  it.each([
    ["F32", "f32", 13],
    ["BF16", "bf16", 13],
    ["F16", "f16", 13],
    ["F32", "q8_0", 64],
    ["F32", "q4_0", 32],
  ] as const satisfies readonly (readonly [string, WeightDtype, number])[])(
    "%s as %s: a row through its expert has the bits of the product with that matrix",
    async (stored, kept, inputs) => {
      const random = new TestRandom(5);
      const count = 6;
      for (const outputs of [5, 8, 21]) {
        const values = Array.from({ length: count }, () =>
          random.matrix(outputs, inputs).map((row) => row.map((v) => Math.round(v * 32) / 32)),
        );
        const matrices: Matrix[] = [];
        const biases: Matrix[] = [];
        for (const w of values) {
          matrices.push(await lab.matrix(w, stored, kept));
          biases.push(await lab.matrix(random.matrix(outputs, 1)));
        }
        const linear = {
          weights: lab.packing.matrixTable(matrices),
          biases: lab.packing.matrixTable(biases).addresses,
        };
        for (const rows of [1, 2, 3, 5, 19]) {
          const experts = Array.from({ length: rows }, (_, i) =>
            i % 4 === 3 ? [5, 0] : [1, i % 2 === 0 ? 3 : 4],
          );
          const x = random.matrix(rows, inputs);
          const routes = routesTo(experts, count);
          const grouped = lab.ops.dispatch(lab.tensor(x), routes);
          const y = lab.read(lab.ops.expertLinear(grouped, linear, routes));
          const threaded = new Laboratory(simd, 3);
          expect(lab.read(threaded.ops.expertLinear(grouped, linear, routes))).toEqual(y);
          threaded.close();
          const slots = experts.flatMap((own, row) => [...own].sort().map((expert) => ({ row, expert })));
          const inOrder = slots.toSorted((a, b) => a.expert - b.expert);
          for (const [i, { row, expert }] of inOrder.entries()) {
            const own = { weight: at2(matrices, expert), bias: lab.packing.vector(at2(biases, expert)) };
            expect(y[i]).toEqual(lab.read(lab.ops.linear(lab.tensor([x[row] ?? []]), own))[0]);
          }
          if (kept === "f32") {
            const product = inOrder.map(
              ({ row, expert }) => matmul([x[row] ?? []], values[expert] ?? [])[0] ?? [],
            );
            const bias = inOrder.map(({ expert }) => lab.unpack(at2(biases, expert)).flat());
            expectClose(
              y,
              product.map((row, i) => row.map((v, n) => v + at(bias[i] ?? [], n))),
              1e-5,
            );
          }
        }
      }
    },
  );
});

function at2<T>(list: readonly T[], i: number): T {
  const item = list[i];
  if (item === undefined) throw new RangeError(`item ${i} of ${list.length}`);
  return item;
}

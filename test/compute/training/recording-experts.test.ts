import { afterEach, describe, expect, it } from "vitest";
import type { ExpertsLinear, RoutingRule } from "../../../src/compute/ops/experts.ts";
import type { Matrix } from "../../../src/compute/tensor.ts";
import { GradientOps } from "../../../src/compute/training/gradient-ops.ts";
import { RecordingOps } from "../../../src/compute/training/recording-ops.ts";
import { Tape } from "../../../src/compute/training/tape.ts";
import { route, routeBack } from "../../../src/reference/experts.ts";
import { at, dot, matmul, silu, softmax, sum } from "../../../src/reference/twins.ts";
import { TestRandom } from "../../reference/random.ts";
import { builds, expectClose, Laboratory } from "../laboratory.ts";
import { differences, tapeGradients } from "./tape-gradients.ts";

const PLAIN: RoutingRule = { scores: "softmax", logitScale: 1, weightScale: 1, weighs: "output" };

const RULES: readonly (readonly [name: string, rule: RoutingRule])[] = [
  ["softmax", PLAIN],
  ["softmax of the chosen", { ...PLAIN, normalize: { epsilon: 0 }, logitScale: 0.5 }],
  ["sigmoid", { ...PLAIN, scores: "sigmoid", weightScale: 2.5, normalize: { epsilon: 1e-20 } }],
  ["weighted inputs", { ...PLAIN, scores: "sigmoid", weighs: "input" }],
  ["the sparse mixer", { ...PLAIN, scores: "sparseMixer", closeness: 3 }],
];

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

describe.each(builds)("gradients of mixtures of experts, %s build", (simd) => {
  let lab = new Laboratory(simd, 1);
  afterEach(() => {
    lab.close();
    lab = new Laboratory(simd, 1);
  });

  it.each(RULES)("%s: of the router and the experts equal finite differences", async (_name, rule) => {
    const [width, inner, count, active] = [5, 3, 4, 2];
    const random = new TestRandom(3);
    const input = random.matrix(7, width);
    const matrices = [
      random.matrix(count, width).map((row) => row.map((v) => 3 * v)),
      ...Array.from({ length: count }, () => random.matrix(inner, width)),
      ...Array.from({ length: count }, () => random.matrix(width, inner)),
    ];
    const found = await tapeGradients(lab, matrices, (ops, [router, ...experts]) => {
      const x = lab.tensor(input);
      const routes = ops.route(ops.linear(x, { weight: router as Matrix }), { rule, active });
      const up = { weights: lab.packing.matrixTable(experts.slice(0, count)) };
      const down = { weights: lab.packing.matrixTable(experts.slice(count)) };
      const hidden = ops.activation("silu", ops.expertLinear(ops.dispatch(x, routes), up, routes));
      return ops.combine(ops.expertLinear(hidden, down, routes), routes);
    });
    const expected = differences(matrices, ([router = [], ...experts]) =>
      matmul(input, router).map((logits, row) => {
        const sums = Array<number>(width).fill(0);
        for (const { expert, weight } of route(logits, rule, active)) {
          const x = (input[row] as number[]).map((v) => (rule.weighs === "input" ? v * weight : v));
          const hidden = (experts[expert] as number[][]).map((w) => silu(dot(w, x)));
          for (const [i, w] of (experts[count + expert] as number[][]).entries()) {
            sums[i] = at(sums, i) + dot(w, hidden) * (rule.weighs === "output" ? weight : 1);
          }
        }
        return sums;
      }),
    );
    const errors = expected.flat(2).map((value, i) => Math.abs(value - at(found.flat(2), i)));
    expect(Math.max(...errors)).toBeLessThan(1e-3 * Math.max(1, ...expected.flat(2).map(Math.abs)));
  });

  it("of low-rank matrices beside some outputs of experts equal finite differences", async () => {
    const [width, rank, count, active] = [5, 2, 3, 2];
    const random = new TestRandom(5);
    const [input, scale, first] = [random.matrix(7, width), 0.7, 1];
    const routing = random.matrix(count, width).map((row) => row.map((v) => 3 * v));
    const matrices = [
      ...Array.from({ length: count }, () => random.matrix(6, width)),
      ...Array.from({ length: count }, () => random.matrix(rank, width)),
      ...Array.from({ length: count }, () => random.matrix(4, rank)),
    ];
    const router = await lab.matrix(routing);
    const found = await tapeGradients(lab, matrices, (ops, weights) => {
      const x = lab.tensor(input);
      const tables = [0, 1, 2].map((i) => ({
        weights: lab.packing.matrixTable(weights.slice(i * count, (i + 1) * count)),
      }));
      const [up, a, b] = tables as [ExpertsLinear, ExpertsLinear, ExpertsLinear];
      const routes = ops.route(ops.linear(x, { weight: router }), { rule: PLAIN, active });
      const rows = ops.dispatch(x, routes);
      const y = ops.expertLinear(rows, up, routes);
      ops.addExpertLinear(y, ops.expertLinear(rows, a, routes), { ...b, first, scale }, routes);
      return ops.combine(y, routes);
    });
    const expected = differences(matrices, (own) =>
      matmul(input, routing).map((logits, row) => {
        const sums = Array<number>(6).fill(0);
        const x = input[row] as number[];
        for (const { expert, weight } of route(logits, PLAIN, active)) {
          const low = (own[count + expert] ?? []).map((w) => dot(w, x));
          const change = (own[2 * count + expert] ?? []).map((w) => scale * dot(w, low));
          for (const [i, w] of (own[expert] ?? []).entries()) {
            sums[i] = at(sums, i) + weight * (dot(w, x) + (change[i - first] ?? 0));
          }
        }
        return sums;
      }),
    );
    const errors = expected.flat(2).map((value, i) => Math.abs(value - at(found.flat(2), i)));
    expect(Math.max(...errors)).toBeLessThan(1e-3 * Math.max(1, ...expected.flat(2).map(Math.abs)));
  });

  it("of the gate of rows equal finite differences", async () => {
    const random = new TestRandom(4);
    const input = random.matrix(6, 5);
    const matrices = [random.matrix(7, 5), random.matrix(1, 5)];
    const found = await tapeGradients(lab, matrices, (ops, [w, gate]) => {
      const x = lab.tensor(input);
      return ops.gateRows(ops.linear(x, { weight: w as Matrix }), ops.linear(x, { weight: gate as Matrix }));
    });
    const expected = differences(matrices, ([w = [], gate = []]) => {
      const shares = matmul(input, gate).map(([g = 0]) => sigmoid(g));
      return matmul(input, w).map((row, i) => row.map((v) => v * at(shares, i)));
    });
    const errors = expected.flat(2).map((value, i) => Math.abs(value - at(found.flat(2), i)));
    expect(Math.max(...errors)).toBeLessThan(1e-3);
  });

  it("of the load-balancing loss of two routers equal finite differences", async () => {
    const [count, active, rule] = [4, 2, PLAIN];
    const random = new TestRandom(6);
    const inputs = [random.matrix(7, 5), random.matrix(7, 5)];
    const matrices = inputs.map(() => random.matrix(count, 5));
    const pairs = [];
    for (const rows of matrices) {
      const zeros = rows.map((row) => row.map(() => 0));
      pairs.push({ value: await lab.matrix(rows), gradient: await lab.matrix(zeros) });
    }
    const tape = new Tape(lab.runtime, 1, pairs);
    const mark = tape.mark();
    const ops = new RecordingOps(tape, lab.ops);
    for (const [i, { value }] of pairs.entries()) {
      ops.route(ops.linear(lab.tensor(inputs[i] ?? []), { weight: value }), { rule, active });
    }
    const loss = ops.balanceLoads(3);
    await tape.backward(mark, async () => {});
    const lossOf = (weights: number[][][]) => {
      const logits = weights.flatMap((w, i) => matmul(inputs[i] ?? [], w));
      const chosen = logits.flatMap((row) => route(row, rule, active).map(({ expert }) => expert));
      const shares = logits[0]?.map((_, e) => chosen.filter((c) => c === e).length / logits.length) ?? [];
      const means = shares.map((_, e) => sum(logits.map((row) => at(softmax(row), e))) / logits.length);
      return count * sum(shares.map((share, e) => share * at(means, e)));
    };
    expect(loss).toBeCloseTo(lossOf(matrices), 5);
    const found = pairs.map(({ gradient }) => lab.unpack(gradient));
    for (const [i, rows] of matrices.entries()) {
      for (const [j, row] of rows.entries()) {
        for (const [k] of row.entries()) {
          const along = (by: number) => {
            const moved = structuredClone(matrices);
            const target = moved[i]?.[j] as number[];
            target[k] = (target[k] ?? 0) + by;
            return lossOf(moved);
          };
          const slope = (3 * (along(1e-4) - along(-1e-4))) / 2e-4;
          expect(found[i]?.[j]?.[k]).toBeCloseTo(slope, 3);
        }
      }
    }
  });

  it.each(RULES)(
    "%s: of the logits are the twin's, with the same bits on several threads",
    async (_name, rule) => {
      const random = new TestRandom(5);
      for (const [rows, count, active] of [
        [1, 4, 1],
        [9, 7, 3],
        [33, 12, 4],
      ] as const) {
        const logits = random.matrix(rows, count);
        const gradient = random.matrix(rows, active);
        const scales = random.vector(count);
        const router = { rule, active, expertScales: await lab.vector(scales) };
        const dscales = await lab.matrix(scales.map(() => [0]));
        const gradientBy = (threads: number, target = 0) => {
          const x = lab.tensor(logits);
          const out = lab.tensor(logits);
          const ops = new GradientOps(lab.runtime, threads);
          ops.route(out, lab.tensor(gradient), x, router, lab.ops.route(x, router), target);
          return lab.read(out);
        };
        const found = gradientBy(1, dscales.ptr);
        const slopes = scales.map(() => 0);
        for (const [i, row] of logits.entries()) {
          for (const [slot, { expert, weight }] of route(row, rule, active).entries()) {
            slopes[expert] = at(slopes, expert) + weight * at(gradient[i] ?? [], slot);
          }
        }
        expectClose(
          lab.unpack(dscales),
          slopes.map((slope) => [slope]),
          1e-5,
        );
        const expected = logits.map((row, i) => {
          const chosen = route(row, rule, active).map(({ expert }) => expert);
          return routeBack(row, rule, chosen, gradient[i] ?? [], scales);
        });
        expectClose(found, expected, 1e-5);
        const threaded = new Laboratory(simd, 3);
        expect(gradientBy(3)).toEqual(found);
        threaded.close();
      }
    },
  );
});

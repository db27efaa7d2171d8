import { expect, it } from "vitest";
import { compareLogged } from "../../../src/evaluate/harness/compare-logged.ts";

const results = (acc: number, error: number | "N/A", more = {}) => ({
  results: { t: { alias: "t", "acc,none": acc, "acc_stderr,none": error, ...more } },
  "n-samples": { t: { original: 9, effective: 4 } },
});
const sample = (id: number, acc: number) => ({
  task: "t",
  doc_id: id,
  filter: "none",
  metrics: ["acc"],
  acc,
});

it("compares two means with the errors of both", () => {
  const [found, ...more] = compareLogged(
    { results: results(0.5, 0.03), samples: [] },
    { results: results(0.75, 0.04, { "f1,none": 1 }), samples: [] },
  );
  expect(more).toEqual([]);
  expect(found).toMatchObject({
    task: "t",
    metric: "acc",
    items: 4,
    first: 0.5,
    second: 0.75,
    paired: false,
  });
  expect(found?.difference.value).toBe(0.25);
  expect(found?.difference.error).toBeCloseTo(0.05, 12);
  expect(found?.interval[0]).toBeCloseTo(0.25 - 1.96 * 0.05, 12);
});

it("pairs the items where both have samples", () => {
  const [found] = compareLogged(
    { results: results(0.5, 0.3), samples: [sample(0, 1), sample(1, 0)] },
    { results: results(1, 0.3), samples: [sample(1, 1), sample(0, 1)] },
  );
  expect(found).toMatchObject({ items: 2, paired: true, changed: [1], difference: { value: 0.5 } });
});

it("leaves errors that the harness has not, and refuses results of other tasks", () => {
  const [found] = compareLogged(
    { results: results(0.5, "N/A"), samples: [] },
    { results: results(0.5, 0.1), samples: [] },
  );
  expect(found?.difference).toEqual({ value: 0, error: Number.NaN });
  const other = { results: { results: { u: { "acc,none": 1 } } }, samples: [] };
  expect(() => compareLogged({ results: results(1, 0), samples: [] }, other)).toThrow(
    "no task and metric in",
  );
});

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { GptError } from "../../../src/errors.ts";
import { MetricsFile } from "../../../src/train/run/metrics-file.ts";
import type { RunObserver } from "../../../src/train/run/observer.ts";
import { ClockPace, everySteps, never, type Pace, StepPace } from "../../../src/train/run/pace.ts";
import { type Cadences, Run, type RunData } from "../../../src/train/run/run.ts";
import { RunDirectory } from "../../../src/train/run/run-directory.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { FakeModel } from "./fake-model.ts";

const folder = temporaryFolder();

const example = (id: number) => ({ ids: [id, id], labels: [id, id] });

/** Four steps lead the model to where validation wants it, the others away from there. */
const data: RunData = {
  stepTokens: 4,
  batch: async (step) => [example(step < 4 ? 1 : 5)],
  validation: {
    size: 3,
    sampled: 3,
    async *sample() {
      yield [example(1), example(1)];
      yield [example(1)];
    },
    all: () => {
      throw new Error("a sample is all");
    },
  },
};

const unvalidated: RunData = {
  ...data,
  validation: { size: 0, sampled: 0, async *sample() {}, async *all() {} },
};

const observer = (): RunObserver => ({
  begins: vi.fn(),
  stepped: vi.fn(),
  evaluated: vi.fn(),
  sampled: vi.fn(),
  saved: vi.fn(),
});

const often: Cadences = { evaluate: everySteps(2), sample: everySteps(3), save: everySteps(4) };

interface Wishes {
  readonly pace?: Pace;
  readonly cadences?: Cadences;
  readonly data?: RunData;
  readonly signal?: AbortSignal;
  readonly watch?: RunObserver;
}

/** Runs, or goes on, in a directory. */
async function train(path: string, model: FakeModel, wishes: Wishes = {}): Promise<Run> {
  const directory = new RunDirectory(path);
  if (!directory.holdsRun) await directory.begin({});
  await using metrics = await MetricsFile.open(directory.metrics, model.steps);
  const run = new Run({
    model,
    data: wishes.data ?? data,
    pace: wishes.pace ?? new StepPace(10),
    cadences: wishes.cadences ?? often,
    directory,
    metrics,
    bestBy: "loss",
    secondsAtPeak: 1e-9,
    clock: { begin: () => {}, toJson: () => ({ elapsed: 1 }) },
    sample: async () => `text after ${model.steps}`,
    observer: wishes.watch ?? observer(),
  });
  await run.train(wishes.signal ?? new AbortController().signal);
  return run;
}

const stored = (path: string) => JSON.parse(readFileSync(`${path}/model.safetensors`, "utf8"));

/** The lines of metrics.jsonl without what depends on the clock. */
const metrics = (path: string) =>
  readFileSync(`${path}/metrics.jsonl`, "utf8").replace(/,"seconds":[^}]*/g, "");

describe("Run", () => {
  it("keeps the best model, and the last one with the state of the run", async () => {
    const path = folder("kept");
    const { history } = await train(path, new FakeModel());
    expect(history.validation.map(({ step }) => step)).toEqual([0, 2, 4, 6, 8, 10]);
    expect(history.best?.step).toBe(4);
    expect(stored(path).steps).toBe(4);
    expect(stored(`${path}/last`).steps).toBe(10);
    expect(readdirSync(path).some((name) => name.startsWith("optimizer"))).toBe(false);
    expect(readdirSync(path).some((name) => name.includes(".tmp"))).toBe(false);
  });

  it("keeps the last model where nothing is for validation", async () => {
    const path = folder("unvalidated");
    await train(path, new FakeModel(), { data: unvalidated });
    expect(stored(path)).toEqual(stored(`${path}/last`));
    expect(stored(path).steps).toBe(10);
  });

  it("tells its observer of every event", async () => {
    const watch = observer();
    await train(folder("told"), new FakeModel(), { watch });
    expect(watch.begins).toHaveBeenCalledWith(0, expect.anything());
    expect(watch.stepped).toHaveBeenCalledTimes(10);
    expect(watch.stepped).toHaveBeenLastCalledWith(
      expect.objectContaining({ step: 10, tokens: 40, lr: 0.5 }),
      expect.anything(),
    );
    const samples = vi.mocked(watch.sampled).mock.calls.map(([{ step, text }]) => [step, text]);
    expect(samples).toEqual([3, 6, 9, 10].map((step) => [step, `text after ${step}`]));
  });

  it("goes on as if it had never been stopped, from whatever was saved last", async () => {
    const whole = folder("whole");
    await train(whole, new FakeModel());
    const path = folder("killed");
    const model = new FakeModel();
    model.accidents.set(7, () => {
      throw new Error("kill -9");
    });
    await expect(train(path, model)).rejects.toThrow("kill -9");
    expect(stored(`${path}/last`).steps).toBeLessThan(7);
    await train(path, FakeModel.load(`${path}/last`));
    expect(stored(`${path}/last`)).toEqual(stored(`${whole}/last`));
    expect(stored(path)).toEqual(stored(whole));
    expect(metrics(path)).toBe(metrics(whole));
  });

  it("saves when it is interrupted, and makes up for missed visits when it is resumed", async () => {
    const whole = folder("uninterrupted");
    await train(whole, new FakeModel());
    const path = folder("interrupted");
    const controller = new AbortController();
    const model = new FakeModel();
    model.accidents.set(5, () => controller.abort());
    await expect(train(path, model, { signal: controller.signal })).rejects.toThrow("aborted");
    expect(stored(`${path}/last`).steps).toBe(5);
    await train(path, FakeModel.load(`${path}/last`));
    expect(stored(path)).toEqual(stored(whole));
    expect(metrics(path)).toBe(metrics(whole));
  });

  it("makes the best model that of the directory, if it was cut off just before", async () => {
    const path = folder("cut-off");
    const keep = vi.spyOn(RunDirectory.prototype, "keepLast").mockImplementation(async () => {
      throw new Error("kill -9");
    });
    await expect(train(path, new FakeModel())).rejects.toThrow("kill -9");
    keep.mockRestore();
    expect(existsSync(`${path}/model.safetensors`)).toBe(false);
    const model = FakeModel.load(`${path}/last`);
    await train(path, model, { pace: new StepPace(0) });
    expect(stored(path).steps).toBe(0);
  });

  it("keeps the last save when a step fails", async () => {
    const path = folder("diverged");
    const model = new FakeModel();
    model.accidents.set(6, () => {
      throw new GptError("usage", "training has diverged");
    });
    await rejectionOf(train(path, model));
    expect(stored(`${path}/last`).steps).toBe(4);
  });

  it("stops at a validation loss that is no number", async () => {
    const model = new FakeModel();
    model.weight = Number.NaN;
    const error = await rejectionOf(train(folder("nan"), model));
    expect(error.message).toMatch(/^training has diverged: after step 0 the validation loss is NaN/);
  });

  it("measures the last model on all validation data, if it is the best", async () => {
    async function* all() {
      yield [example(9)];
      yield [example(9)];
    }
    const validation = { ...data.validation, size: 2, sampled: 1, all };
    const towards = { ...data, batch: async () => [example(1)], validation };
    const { history } = await train(folder("all"), new FakeModel(), { data: towards });
    expect([history.best?.step, history.whole?.step]).toEqual([10, 10]);
    expect(history.whole?.loss).toBeGreaterThan(50);
    const { history: other } = await train(folder("not-all"), new FakeModel(), {
      data: { ...data, validation },
    });
    expect([other.best?.step, other.whole]).toEqual([4, undefined]);
    expect(metrics(folder("all"))).not.toContain(String(history.whole?.loss));
  });

  it("gives up a measurement on all validation data that would take long", async () => {
    const clock = vi.spyOn(performance, "now");
    let batches = 0;
    async function* all() {
      for (; ; batches++) {
        clock.mockReturnValue(1e6 + 1000 * batches);
        yield [example(9)];
      }
    }
    const validation = { ...data.validation, size: 100, sampled: 1, all };
    const towards = { ...data, batch: async () => [example(1)], validation };
    const { history } = await train(folder("slow"), new FakeModel(), { data: towards });
    clock.mockRestore();
    expect(history.whole).toBeUndefined();
    expect(batches).toBeLessThan(3);
  });

  it("writes no text where none is wanted, not even at the end", async () => {
    const { history } = await train(folder("silent"), new FakeModel(), {
      cadences: { ...often, sample: never },
    });
    expect(history.samples).toEqual([]);
  });

  it("takes the learning rate from the clock, and ends when it says so", async () => {
    const model = new FakeModel();
    const clock = {
      get elapsed() {
        return model.steps;
      },
      begun: 0,
    };
    const pace = new ClockPace(10, clock, (share) => 1 - share);
    pace.visited(1);
    await train(folder("clock"), model, { pace, cadences: { evaluate: never, sample: never, save: never } });
    expect(model.rates[0]).toBe(1);
    expect(model.rates).toEqual(model.rates.toSorted((a = 0, b = 0) => b - a));
    expect(model.steps).toBeGreaterThan(5);
    expect(model.steps).toBeLessThan(10);
  });
});

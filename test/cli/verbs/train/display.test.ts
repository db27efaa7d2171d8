import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Display, type DisplayWishes } from "../../../../src/cli/verbs/train/display.ts";
import { History, type TrainRecord } from "../../../../src/train/run/history.ts";
import { StepPace } from "../../../../src/train/run/pace.ts";

const record = (step: number): TrainRecord => ({
  kind: "train",
  step,
  loss: 3,
  lr: 1e-3,
  gradNorm: 1,
  tokens: step,
  seconds: 1,
});

const facts = {
  ...{ stepTokens: 10, tokenFlops: 1, peakFlops: 1, steps: 100, isClassifier: false },
  ...{ trainedParameters: 5, allParameters: 5 },
};

describe("Display, off a terminal", () => {
  let written = "";
  beforeEach(() => {
    written = "";
    vi.stubEnv("CI", "1");
    vi.spyOn(process.stderr, "write").mockImplementation((line) => {
      written += line;
      return true;
    });
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  /** Steps of a second each. */
  function run(wishes: DisplayWishes): string[] {
    let now = 0;
    using display = new Display("out", wishes, () => now);
    display.prepared(facts);
    display.begins(0, new History());
    for (let step = 1; step <= 21; step++) {
      now += 1000;
      display.stepped(record(step), new StepPace(100));
    }
    return written.split("\n").filter((line) => line !== "");
  }

  it("writes a line every ten seconds", () => {
    expect(run({}).map((line) => line.slice(0, 12))).toEqual([
      "step 1/100 ·",
      "step 11/100 ",
      "step 21/100 ",
    ]);
  });

  it("writes a line for every step when it is asked to, and none when it is to be quiet", () => {
    expect(run({ verbose: 1 })).toHaveLength(21);
    written = "";
    expect(run({ quiet: true })).toEqual([]);
  });

  it("shows measurements and samples, without control characters", () => {
    const display = new Display("out", {});
    display.prepared(facts);
    display.begins(20, new History());
    display.evaluated({ kind: "validation", step: 25, loss: 2.34567 }, true);
    display.evaluated({ kind: "validation", step: 30, loss: 2.4 }, false);
    display.sampled({ kind: "sample", step: 30, text: "Once\x1b[2J upon\na time\n" });
    expect(written.split("\n")).toEqual([
      "going on after step 20",
      "step 25: validation loss 2.3457, the best so far",
      "step 30: validation loss 2.4000",
      "step 30 writes:",
      "  Once[2J upon",
      "  a time",
      "",
    ]);
  });
});

describe("Display, on a terminal", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  it("leaves the curves and the result when the run has ended", () => {
    let written = "";
    vi.stubEnv("CI", undefined);
    vi.stubEnv("TERM", "xterm");
    const terminal = { isTTY: true, columns: 60, rows: 40 };
    const saved = Object.keys(terminal).map(
      (name) => [name, Object.getOwnPropertyDescriptor(process.stderr, name)] as const,
    );
    Object.assign(process.stderr, terminal);
    try {
      const display = new Display("out", { color: "never" });
      vi.spyOn(process.stderr, "write").mockImplementation((line) => {
        written += line;
        return true;
      });
      const records = Array.from({ length: 50 }, (_, i) => ({ ...record(i + 1), loss: 5 - i / 25 }));
      const end = { kind: "validation", step: 50, loss: 3.25 } as const;
      const history = new History("loss", [...records, end]);
      const validation = { size: 3000, sampled: 64, async *sample() {}, async *all() {} };
      display.finished({ history, validation, seconds: 83 }, "gpt generate -m out");
    } finally {
      for (const [name, descriptor] of saved) {
        if (descriptor === undefined) delete (process.stderr as unknown as Record<string, unknown>)[name];
        else Object.defineProperty(process.stderr, name, descriptor);
      }
    }
    const lines = written.split("\n");
    expect(lines).toHaveLength(11);
    expect(lines[8]).toMatch(/└train validation +50$/);
    expect(lines[9]).toMatch(
      /^50 steps in 1m 23s · best validation loss 3.2500 after step 50, on 64 of 3,000 sequences · gpt generate/,
    );
  });
});

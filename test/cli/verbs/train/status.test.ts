import { describe, expect, it } from "vitest";
import { Status } from "../../../../src/cli/verbs/train/status.ts";
import { History, type TrainRecord } from "../../../../src/train/run/history.ts";
import { StepPace } from "../../../../src/train/run/pace.ts";

const record: TrainRecord = {
  kind: "train",
  step: 120,
  loss: 3.2141,
  lr: 5.8e-4,
  gradNorm: 0.834,
  tokens: 1,
  seconds: 0.5,
};

describe("Status", () => {
  it("says in a line how a run goes", () => {
    const status = new Status({
      stepTokens: 2048,
      tokenFlops: 3e6,
      peakFlops: 20e9,
      steps: 1000,
      isClassifier: false,
    });
    const pace = new StepPace(1000);
    const history = new History("loss", [{ kind: "validation", step: 100, loss: 3.4 }, record]);
    pace.stepped(record.seconds);
    status.stepped(record);
    expect(status.line(record, history, pace)).toBe(
      "step 120/1,000 · loss 3.214, smoothed 3.214 · validation 3.400 · lr 5.8e-4 · norm 0.83 · 4.1K tok/s · 61% of peak · 7m 20s left",
    );
  });

  it("leaves out the least important parts if there is no room", () => {
    const status = new Status({
      stepTokens: 2048,
      tokenFlops: 3e6,
      peakFlops: 20e9,
      steps: 1000,
      isClassifier: false,
    });
    const history = new History("loss", [{ kind: "validation", step: 100, loss: 3.4 }, record]);
    const pace = new StepPace(1000);
    pace.stepped(record.seconds);
    status.stepped(record);
    expect(status.line(record, history, pace, 77)).toBe(
      "step 120/1,000 · loss 3.214, smoothed 3.214 · 4.1K tok/s · 7m 20s left",
    );
    expect(status.line(record, history, pace, 10)).toBe("step 120/1,000 · loss 3.214, smoothed 3.214");
  });

  it("leaves out unknown parts", () => {
    const status = new Status({
      stepTokens: 10,
      tokenFlops: 1e9,
      peakFlops: 20e9,
      steps: undefined,
      isClassifier: false,
    });
    status.stepped(record);
    expect(status.line(record, new History(), new StepPace(9))).toBe(
      "step 120 · loss 3.214, smoothed 3.214 · lr 5.8e-4 · norm 0.83 · 20 tok/s · 100% of peak",
    );
  });
});

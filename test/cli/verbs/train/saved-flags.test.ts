import { describe, expect, it } from "vitest";
import type { TrainArguments } from "../../../../src/cli/verbs/train/flags.ts";
import { resumedArguments, savedFlags } from "../../../../src/cli/verbs/train/saved-flags.ts";

const given = (args: object): TrainArguments =>
  ({ _: [], $0: "gpt", inherited: new Set(), ...args }) as unknown as TrainArguments;

const run = given({
  data: ["a.txt", "b c.txt"],
  validFraction: 0.1,
  preset: "nano",
  steps: 40,
  lr: 1e-3,
  betas: [0.9, 0.99],
  lora: 4,
  loraTargets: ["c_attn", "mlp.c_proj"],
  simd: "plain",
  warmup: { share: 0.1 },
  samplePrompt: "Once, upon",
  threads: 2,
});

describe("savedFlags", () => {
  it("is a --config file with what decides the numbers of a run", () => {
    expect(savedFlags(run)).toEqual({
      data: ["a.txt", "b c.txt"],
      "valid-fraction": "0.1",
      preset: "nano",
      steps: "40",
      lr: "0.001",
      betas: "0.9,0.99",
      lora: "4",
      "lora-targets": "c_attn,mlp.c_proj",
      simd: "plain",
      warmup: "10%",
      "sample-prompt": "Once, upon",
    });
  });
});

describe("resumedArguments", () => {
  const saved = savedFlags(run);

  it("are those of the run, with changed flags", () => {
    const { threads: _, ...rest } = run;
    expect(resumedArguments(given({ resume: "out" }), saved, "f")).toEqual({ ...rest, resume: "out" });
    const longer = resumedArguments(given({ resume: "out", minutes: 3, evalEvery: 5 }), saved, "f");
    expect(longer).toMatchObject({ minutes: 3, evalEvery: 5, preset: "nano" });
    expect(longer.steps).toBeUndefined();
  });

  it("takes the same flag again, and refuses another value", () => {
    expect(resumedArguments(given({ resume: "out", lr: 1e-3 }), saved, "f").lr).toBe(1e-3);
    expect(() => resumedArguments(given({ resume: "out", lr: 2e-3 }), saved, "f")).toThrow(
      "--lr was decided when the run began: only --steps",
    );
  });

  it("ignores inherited flags, which are meant for new runs", () => {
    const args = resumedArguments(
      given({ lr: 5, steps: 9, inherited: new Set(["lr", "steps"]) }),
      saved,
      "f",
    );
    expect([args.lr, args.steps]).toEqual([1e-3, 40]);
  });

  it("says of a damaged file that it is the file", () => {
    expect(() => resumedArguments(given({}), { seed: "nano" }, "train.json")).toThrow(
      expect.objectContaining({
        code: "invalid-file",
        message: expect.stringContaining("train.json: seed: "),
      }),
    );
  });

  it("refuses a file that holds something else", () => {
    const wrong = (content: object) => () => resumedArguments(given({}), content as never, "train.json");
    expect(wrong({ lr: "fast" })).toThrow('train.json: lr: expected a number, found "fast"');
    expect(wrong({ lr: 5 })).toThrow('train.json: "lr" with 5 is no flag of a run');
    expect(wrong({ constructor: "x" })).toThrow('"constructor" with "x" is no flag of a run');
    expect(wrong({ threads: "2" })).toThrow("is no flag of a run");
  });
});

import { describe, expect, it } from "vitest";
import { settled } from "../../../../src/cli/flags/conflicts.ts";
import { trainConflicts } from "../../../../src/cli/verbs/train/conflicts.ts";
import { type TrainArguments, trainFlags } from "../../../../src/cli/verbs/train/flags.ts";

/** Parsed flags, as yargs gives them. */
const given = (args: object, inherited: readonly string[] = []): TrainArguments =>
  ({ _: [], $0: "gpt", inherited: new Set(inherited), ...args }) as unknown as TrainArguments;

describe("trainConflicts", () => {
  it.each([
    [{ output: "a", resume: "b" }, "--resume writes where the run is: leave --output out"],
    [{ steps: 5, minutes: 1 }, "a run has one length: give --steps or --minutes"],
    [{ init: "model", layers: 3 }, "--init has its layers: leave --layers out"],
    [{ tokenizer: "model", "vocab-size": 512 }, "--tokenizer has a vocabulary: leave --vocab-size out"],
    [{ freeze: ["wte*"], lora: 4, init: "model" }, "--lora leaves all weights of the model as they are"],
    [{ lora: 4 }, "--lora adapts a model: --init says which"],
    [{ "lora-alpha": 4, init: "model" }, "--lora-alpha is of an adapter: give its rank, --lora"],
    [{ task: "classify" }, "--task classify makes a classifier of a model: --init says which"],
    [{ task: "classify", init: "m", lora: 4 }, "--task classify trains the weights themselves"],
    [{ task: "classify", init: "m", "sample-every": 4 }, "--task classify writes no texts"],
    [{ task: "fill-mask" }, "--task fill-mask trains an encoder further: --init says which"],
    [{ task: "fill-mask", init: "m", "sample-every": 4 }, "--task fill-mask writes no texts"],
    [{ task: "fill-mask", init: "m", "lm-loss-weight": 1 }, "--lm-loss-weight is of a classifier"],
    [{ task: "generate", "lm-loss-weight": 1 }, "--lm-loss-weight is of a classifier: give --task classify"],
    [{ valid: ["a"], "valid-fraction": 0.1 }, "give --valid or --valid-fraction, not both"],
  ])("refuses %j", (args, problem) => {
    expect(() => settled(given(args), trainConflicts)).toThrow(problem);
  });

  it("drops an inherited flag that excludes a typed one", () => {
    const args = settled(given({ steps: 5, minutes: 30 }, ["minutes"]), trainConflicts);
    expect([args.steps, args.minutes]).toEqual([5, undefined]);
  });

  it("lets a run that goes on have its adapter's flags again", () => {
    expect(settled(given({ lora: 4, "lora-alpha": 8, resume: "run" }), trainConflicts).lora).toBe(4);
  });

  it("names flags that there are", () => {
    const names = trainConflicts(given({})).flatMap(({ flags }) => flags);
    expect(names.filter((name) => !(name in trainFlags))).toEqual([]);
  });
});

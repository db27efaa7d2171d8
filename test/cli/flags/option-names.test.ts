import { expect, it } from "vitest";
import { OptionError, optionNamed } from "../../../src/checks/option-error.ts";
import { engineFlags } from "../../../src/cli/flags/model-flags.ts";
import { flagNameOf, inFlagNames } from "../../../src/cli/flags/option-names.ts";
import { samplingFlags } from "../../../src/cli/flags/sampling-flags.ts";
import { GptError } from "../../../src/errors.ts";

it("flagNameOf gives the flag of every option that a flag says", () => {
  for (const [flag, { option }] of Object.entries(samplingFlags)) expect(flagNameOf(option)).toBe(flag);
  const engine = ["contextSize", "threads", "simd", "quantization", "kvCache", "adapters"].map(flagNameOf);
  expect(engine).toEqual(Object.keys(engineFlags));
});

it("inFlagNames puts flags into errors that name options, and leaves others as they are", () => {
  const named = new OptionError("usage", `${optionNamed("topK")} and ${optionNamed("contextSize")} differ`);
  expect(named.message).toBe("topK and contextSize differ");
  expect(inFlagNames(named)).toMatchObject({ code: "usage", message: "--top-k and --ctx-size differ" });
  expect(inFlagNames(named, "")).toMatchObject({ message: "top-k and ctx-size differ" });
  for (const other of [new GptError("usage", "topK"), new TypeError("topK"), "topK"]) {
    expect(inFlagNames(other)).toBe(other);
  }
});

import { expect, it } from "vitest";
import type { GenerateArguments } from "../../../../src/cli/verbs/generate/flags.ts";
import { askedOptions, layersOf } from "../../../../src/cli/verbs/generate/option-layers.ts";

const flags = (values: object, inherited: string[] = [], fromFile: string[] = []) =>
  ({ ...values, inherited: new Set(inherited), fromFile: new Set(fromFile) }) as unknown as GenerateArguments;

it("layersOf tells typed flags from those of the environment and of a config file", () => {
  const given = { "top-k": 3, topK: 3, temp: 0.5, "min-p": 0.1, minP: 0.1 };
  const draft = { createSession: () => ({}) as never };
  expect(layersOf(flags(given, ["top-k", "min-p", "quiet"], ["min-p"]), draft)).toEqual({
    typed: { temperature: 0.5, draft },
    environment: { topK: 3 },
    file: { minP: 0.1 },
  });
});

it("askedOptions let inherited beams give way to what is typed", () => {
  expect(askedOptions(flags({ beams: 3, temp: 0.5 }, ["beams"]))).toEqual({ temperature: 0.5 });
  expect(askedOptions(flags({ beams: 3, temp: 0.5 }, ["temp"]))).toEqual({ beams: 3, temperature: 0.5 });
});

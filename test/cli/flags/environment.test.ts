import { describe, expect, it } from "vitest";
import { flagsFromEnvironment, variableName } from "../../../src/cli/flags/environment.ts";
import { count, list, number, text, toggle, value } from "../../../src/cli/flags/flags.ts";

const flags = {
  prompt: value(text, "A text", { inherited: false }),
  "top-k": value(number, "A number"),
  temp: value(number, "A number", { synonyms: ["temperature"] }),
  stop: list(text, "A text"),
  quiet: toggle("A switch"),
  "no-stdin": toggle("A switch"),
  verbose: count("A level"),
};

const given = (environment: Record<string, string>) =>
  Object.fromEntries(
    [...flagsFromEnvironment(flags, environment)].map(([name, { values }]) => [name, values] as const),
  );

describe("flagsFromEnvironment", () => {
  it("reads every flag under its name", () => {
    expect(variableName("no-repeat-ngram-size")).toBe("GPT_NO_REPEAT_NGRAM_SIZE");
    expect(given({ GPT_TOP_K: "20", GPT_STOP: "a, b", GPT_NO_STDIN: "1", GPT_VERBOSE: "2" })).toEqual({
      "top-k": ["20"],
      stop: ["a, b"],
      "no-stdin": [""],
      verbose: ["", ""],
    });
  });

  it("reads other tools' names, and the flag's own before them", () => {
    expect(given({ GPT_TEMPERATURE: "1" })).toEqual({ temp: ["1"] });
    expect(given({ GPT_TEMPERATURE: "1", GPT_TEMP: "2" })).toEqual({ temp: ["2"] });
  });

  it("knows when a switch is on and when it is off", () => {
    for (const on of ["1", "true", "YES", "on"]) expect(given({ GPT_QUIET: on })).toEqual({ quiet: [""] });
    for (const off of ["0", "False", "no", "off"]) expect(given({ GPT_QUIET: off })).toEqual({ quiet: [] });
    expect(given({ GPT_VERBOSE: "yes" })).toEqual({ verbose: [""] });
    expect(given({ GPT_VERBOSE: "0" })).toEqual({ verbose: [] });
    expect(() => given({ GPT_QUIET: "maybe" })).toThrow(
      'GPT_QUIET: expected 1, true, yes or on, or 0, false, no or off, found "maybe"',
    );
    expect(() => given({ GPT_VERBOSE: "1000000000" })).toThrow("GPT_VERBOSE: expected");
  });

  it("reads several values of a repeatable flag as a JSON list of texts, anything else as one value", () => {
    expect(given({ GPT_STOP: '["The End", "\\n"]' })).toEqual({ stop: ["The End", "\n"] });
    for (const one of ["[INST]", "[1]", '"The End"', "[", "{}"]) {
      expect(given({ GPT_STOP: one })).toEqual({ stop: [one] });
    }
    expect(given({ GPT_TOP_K: '["1"]' })).toEqual({ "top-k": ['["1"]'] });
  });

  it("says that they were not typed", () => {
    expect(flagsFromEnvironment(flags, { GPT_TOP_K: "20" }).get("top-k")).toEqual({
      origin: "GPT_TOP_K",
      values: ["20"],
      source: "environment",
    });
  });

  it("leaves alone what is empty, what is no flag's, and what is typed only", () => {
    expect(given({ GPT_TOP_K: "", GPT_MODELS: "/models", TOP_K: "1", GPT_PROMPT: "Once" })).toEqual({});
  });
});

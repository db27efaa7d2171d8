import { describe, expect, it } from "vitest";
import { count, list, number, text, toggle, value } from "../../../src/cli/flags/flags.ts";
import { camelCase, parseFlags } from "../../../src/cli/flags/parsed-flags.ts";
import type { RawFlags, Source } from "../../../src/cli/flags/raw-flags.ts";
import { GptError } from "../../../src/errors.ts";

const flags = {
  "top-k": value(number, "A number"),
  stop: list(text, "Texts"),
  json: toggle("A switch"),
  verbose: count("A level"),
};

const raw = (values: Record<string, string[]>, source: Source = "typed", origin?: string): RawFlags =>
  new Map(
    Object.entries(values).map(([name, values]) => [name, { origin: origin ?? `--${name}`, values, source }]),
  );

describe("parseFlags", () => {
  it("gives each flag its value under both of its names", () => {
    const given = raw({ "top-k": ["3", "4"], stop: ["a", ""], json: [""], verbose: ["", ""] });
    expect(parseFlags(given, flags)).toEqual({
      "top-k": 4,
      topK: 4,
      stop: ["a", ""],
      json: true,
      verbose: 2,
      inherited: new Set(),
      fromFile: new Set(),
    });
  });

  it("leaves out what is not given, and a switch that is off", () => {
    expect(parseFlags(raw({ json: [], verbose: [], stop: [] }), flags)).toEqual({
      inherited: new Set(),
      fromFile: new Set(),
    });
  });

  it("says which flags are inherited, and which of them are from a file", () => {
    const given = new Map([
      ...raw({ "top-k": ["3"] }, "file"),
      ...raw({ json: [""] }, "environment"),
      ...raw({ stop: ["x"] }),
    ]);
    const { inherited, fromFile } = parseFlags(given, flags);
    expect([...inherited]).toEqual(["top-k", "json"]);
    expect([...(fromFile ?? [])]).toEqual(["top-k"]);
  });

  it("begins an error with the place where the value is given", () => {
    const wrong = () => parseFlags(raw({ "top-k": ["few"] }, "environment", "GPT_TOP_K"), flags);
    expect(wrong).toThrow(GptError);
    expect(wrong).toThrow('GPT_TOP_K: expected a number, found "few"');
  });
});

it("camelCase is a flag's name as a program spells it", () => {
  expect(["top-k", "no-repeat-ngram-size", "temp"].map(camelCase)).toEqual([
    "topK",
    "noRepeatNgramSize",
    "temp",
  ]);
});

import { describe, expect, it } from "vitest";
import { defineCommand } from "../../../src/cli/command.ts";
import { givenByArguments, splitVerb } from "../../../src/cli/flags/arguments.ts";
import {
  commonFlags,
  count,
  flagGroup,
  list,
  number,
  oneOf,
  text,
  toggle,
  value,
} from "../../../src/cli/flags/flags.ts";
import { toArguments } from "../../../src/cli/flags/given.ts";
import { nameOf, type Verb } from "../../../src/cli/verbs.ts";

const verb = (usage: string): Verb => ({
  usage,
  describe: "Does something",
  load: async () => ({ command: defineCommand({ examples: [], flags: {}, handler: async () => {} }) }),
});
const verbs = [verb("write [prompt]"), verb("read [ids..]")];

const writeFlags = flagGroup("Flags:", {
  prompt: value(text, "A text", { alias: "p", inherited: false }),
  temp: value(number, "A number", { synonyms: ["temperature"] }),
  "max-tokens": value(number, "A number", { alias: "n" }),
  "no-repeat-ngram-size": value(number, "A number"),
  stop: list(text, "A text", { alias: "r" }),
  quiet: toggle("A switch", { alias: "q" }),
  "no-stream": toggle("A switch"),
  verbose: count("A level", { alias: "v" }),
  color: value(oneOf("auto", "never"), "A choice", { shorthands: { "no-color": "never" } }),
});
const readFlags = flagGroup("Flags:", { ids: value(text, "Ids") });

/** The verb, and what yargs is given. */
function canonical(...argv: string[]): readonly string[] {
  const { verb, rest } = splitVerb(argv, verbs);
  if (verb === undefined) return rest;
  const flags = { ...(verb === verbs[0] ? writeFlags : readFlags), ...commonFlags };
  return [nameOf(verb), ...toArguments(givenByArguments(rest, verb.usage, flags), flags)];
}

const error =
  (...argv: string[]) =>
  () =>
    canonical(...argv);

describe("givenByArguments", () => {
  it("reads - as standard input where a flag says so, but not after --", () => {
    const flags = {
      prompt: value(text, "A text", { alias: "p", dash: "file" }),
      file: value(text, "A file", { alias: "f" }),
    };
    const read = (...argv: string[]) => toArguments(givenByArguments(argv, "write [prompt]", flags), flags);
    for (const spelling of [["-"], ["-p", "-"], ["--prompt=-"], ["-f", "-"]]) {
      expect(read(...spelling)).toEqual(["--file", "-"]);
    }
    expect(read("-", "The end")).toEqual(["--file", "-", "--prompt", "The end"]);
    expect(read("--", "-")).toEqual(["--prompt", "-"]);
    for (const spelling of [
      ["-", "-f", "x"],
      ["-f", "x", "-"],
      ["-", "-"],
    ]) {
      expect(() => read(...spelling)).toThrow('--file is given twice: "-" too');
    }
  });

  it("gives a text that stands alone its flag", () => {
    expect(canonical("write", "2024 was")).toEqual(["write", "--prompt", "2024 was"]);
    expect(canonical("write", "help")).toEqual(["write", "--prompt", "help"]);
    expect(canonical("read", "1", "2")).toEqual(["read", "--ids", "1 2"]);
  });

  it("takes text after -- byte for byte, and a dash without a letter for text", () => {
    expect(canonical("write", "--", "--temp")).toEqual(["write", "--prompt", "--temp"]);
    expect(canonical("write", "- an item")).toEqual(["write", "--prompt", "- an item"]);
    expect(canonical("write", "-5")).toEqual(["write", "--prompt", "-5"]);
    expect(canonical("write", "---\ntitle: x")).toEqual(["write", "--prompt", "---\ntitle: x"]);
    expect(canonical("write", "-")).toEqual(["write", "--prompt", "-"]);
  });

  it("reads a value in every spelling, whatever it looks like", () => {
    for (const spelling of [["-n", "5"], ["-n5"], ["-n=5"], ["--max-tokens=5"], ["--max_tokens", "5"]]) {
      expect(canonical("write", ...spelling)).toEqual(["write", "--max-tokens", "5"]);
    }
    expect(canonical("write", "--temperature", "-1")).toEqual(["write", "--temp", "-1"]);
    expect(canonical("write", "--stop", "--- END", '-r="a=b"')).toEqual([
      "write",
      "--stop",
      "--- END",
      "--stop",
      '"a=b"',
    ]);
    expect(canonical("write", "--stop", "--")).toEqual(["write", "--stop", "--"]);
    expect(canonical("write", "--stop=")).toEqual(["write", "--stop", ""]);
    expect(canonical("write", "--stop=a_b")).toEqual(["write", "--stop", "a_b"]);
  });

  it("keeps --no-… flags as they are and splits switches that stand together", () => {
    expect(canonical("write", "--no-stream", "--no_repeat_ngram_size", "3")).toEqual([
      "write",
      "--no-stream",
      "--no-repeat-ngram-size",
      "3",
    ]);
    expect(canonical("write", "-qn5", "x")).toEqual([
      "write",
      "--quiet",
      "--max-tokens",
      "5",
      "--prompt",
      "x",
    ]);
  });

  it("counts switches that are repeated", () => {
    for (const spelling of [["-vv"], ["-v", "-v"], ["--verbose", "-v"]]) {
      expect(canonical("write", ...spelling)).toEqual(["write", "--verbose", "--verbose"]);
    }
  });

  it("takes a switch back, and lets the last word count", () => {
    expect(canonical("write", "-q", "--no-quiet")).toEqual(["write"]);
    expect(canonical("write", "--no-stream", "--stream")).toEqual(["write"]);
    expect(canonical("write", "-vv", "--no-verbose", "-v")).toEqual(["write", "--verbose"]);
    expect(error("write", "--no-help")).toThrow("unknown flag --no-help");
    expect(error("write", "--no-temp")).toThrow("unknown flag --no-temp");
  });

  it("knows what a shorthand stands for", () => {
    expect(canonical("write", "--no-color")).toEqual(["write", "--color", "never"]);
    expect(canonical("write", "--no_color", "x")).toEqual(["write", "--color", "never", "--prompt", "x"]);
    expect(error("write", "--no-color=auto")).toThrow('--no-color takes no value, found "auto"');
  });

  it("finds the verb behind its flags", () => {
    expect(canonical("-n", "5", "write", "x")).toEqual(["write", "--max-tokens", "5", "--prompt", "x"]);
    expect(canonical("help", "write")).toEqual(["write", "--help"]);
    expect(canonical("help")).toEqual(["--help"]);
  });

  it("answers an unknown flag or verb with the nearest known one", () => {
    expect(error("write", "--temprature", "1")).toThrow(
      "unknown flag --temprature: did you mean --temperature?",
    );
    expect(error("write", "--max-tok", "1")).toThrow("did you mean --max-tokens?");
    expect(error("write", "--colour")).toThrow("unknown flag --colour: did you mean --color?");
    expect(error("write", "--zip")).toThrow("unknown flag --zip: see gpt write --help");
    expect(error("write", "-qx")).toThrow("unknown flag -x");
    expect(error("wirte", "x")).toThrow('unknown command "wirte"; did you mean gpt write?');
    expect(error("Once upon a time")).toThrow('to continue a text: gpt generate "Once upon a time"');
    expect(error("--", "Once upon a time")).toThrow('to continue a text: gpt generate "Once upon a time"');
  });

  it("refuses what is missing or too much", () => {
    expect(error("write", "--temp")).toThrow("--temp needs a value");
    expect(error("write", "Once", "--temp", "-n", "5")).toThrow(
      "--temp needs a value, found -n (--temp=-n gives it that)",
    );
    expect(error("write", "-p", "--max_tokens", "5")).toThrow("-p needs a value, found --max_tokens");
    expect(canonical("write", "-p=-n", "--stop=--temp", "-r", "-no")).toEqual(
      ["write", "--prompt", "-n", "--stop", "--temp"].concat(["--stop", "-no"]),
    );
    expect(error("write", "--quiet=yes")).toThrow('--quiet takes no value, found "yes"');
    expect(error("write", "Once", "upon a", "time")).toThrow(
      'unexpected "upon a time"; text with spaces needs quotes',
    );
    expect(error("write", "--prompt", "a", "b")).toThrow('--prompt is given twice: "b" too');
  });

  it("takes a hundred thousand arguments", () => {
    const ids = Array.from({ length: 100_000 }, (_, id) => String(id));
    expect(canonical("read", ...ids)).toEqual(["read", "--ids", ids.join(" ")]);
    expect(canonical("read", "--", ...ids)).toEqual(["read", "--ids", ids.join(" ")]);
  });
});

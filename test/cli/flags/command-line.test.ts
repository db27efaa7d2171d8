import { describe, expect, it } from "vitest";
import { defineCommand } from "../../../src/cli/command.ts";
import { findVerb } from "../../../src/cli/find-verb.ts";
import { readCommandLine } from "../../../src/cli/flags/command-line.ts";
import {
  commonFlags,
  count,
  type Flags,
  flagGroup,
  list,
  number,
  oneOf,
  text,
  toggle,
  value,
} from "../../../src/cli/flags/flags.ts";
import { nameOf, type Verb } from "../../../src/cli/verb.ts";
import { typedAgain } from "./typed-again.ts";

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

const flagsOf = (verb: Verb): Flags => ({ ...(verb === verbs[0] ? writeFlags : readFlags), ...commonFlags });

/** The verb, and its flags in one spelling. */
async function canonical(...argv: string[]): Promise<readonly string[]> {
  const { verb, rest } = findVerb(argv, verbs);
  if (verb === undefined) return rest;
  const flags = flagsOf(verb);
  return [nameOf(verb), ...typedAgain(await readCommandLine(rest, verb.usage, flags), flags)];
}

/** Its message. */
const error = (...argv: string[]): Promise<string> =>
  canonical(...argv).then(
    (words) => `no error: ${words.join(" ")}`,
    (error) => error.message,
  );

describe("readCommandLine", () => {
  it("reads - as standard input where a flag says so, but not after --", async () => {
    const flags = {
      prompt: value(text, "A text", { alias: "p", dash: "file" }),
      file: value(text, "A file", { alias: "f" }),
    };
    const read = (...argv: string[]) =>
      readCommandLine(argv, "write [prompt]", flags).then((raw) => typedAgain(raw, flags));
    for (const spelling of [["-"], ["-p", "-"], ["--prompt=-"], ["-f", "-"]]) {
      expect(await read(...spelling)).toEqual(["--file", "-"]);
    }
    expect(await read("-", "The end")).toEqual(["--file", "-", "--prompt", "The end"]);
    expect(await read("--", "-")).toEqual(["--prompt", "-"]);
    for (const spelling of [
      ["-", "-f", "x"],
      ["-f", "x", "-"],
      ["-", "-"],
    ]) {
      await expect(read(...spelling)).rejects.toThrow('--file is given twice: "-" too');
    }
  });

  it("gives a text that stands alone its flag", async () => {
    expect(await canonical("write", "2024 was")).toEqual(["write", "--prompt", "2024 was"]);
    expect(await canonical("write", "help")).toEqual(["write", "--prompt", "help"]);
    expect(await canonical("read", "1", "2")).toEqual(["read", "--ids", "1 2"]);
  });

  it("takes text after -- byte for byte, and a dash without a letter for text", async () => {
    expect(await canonical("write", "--", "--temp")).toEqual(["write", "--prompt", "--temp"]);
    expect(await canonical("write", "- an item")).toEqual(["write", "--prompt", "- an item"]);
    expect(await canonical("write", "-5")).toEqual(["write", "--prompt", "-5"]);
    expect(await canonical("write", "---\ntitle: x")).toEqual(["write", "--prompt", "---\ntitle: x"]);
    expect(await canonical("write", "-")).toEqual(["write", "--prompt", "-"]);
  });

  it("reads a value in every spelling, whatever it looks like", async () => {
    for (const spelling of [["-n", "5"], ["-n5"], ["-n=5"], ["--max-tokens=5"], ["--max_tokens", "5"]]) {
      expect(await canonical("write", ...spelling)).toEqual(["write", "--max-tokens", "5"]);
    }
    expect(await canonical("write", "--temperature", "-1")).toEqual(["write", "--temp", "-1"]);
    expect(await canonical("write", "--stop", "--- END", '-r="a=b"')).toEqual([
      "write",
      "--stop",
      "--- END",
      "--stop",
      '"a=b"',
    ]);
    expect(await canonical("write", "--stop", "--")).toEqual(["write", "--stop", "--"]);
    expect(await canonical("write", "--stop=")).toEqual(["write", "--stop", ""]);
    expect(await canonical("write", "--stop=a_b")).toEqual(["write", "--stop", "a_b"]);
  });

  it("keeps --no-… flags as they are and splits switches that stand together", async () => {
    expect(await canonical("write", "--no-stream", "--no_repeat_ngram_size", "3")).toEqual([
      "write",
      "--no-stream",
      "--no-repeat-ngram-size",
      "3",
    ]);
    expect(await canonical("write", "-qn5", "x")).toEqual([
      "write",
      "--quiet",
      "--max-tokens",
      "5",
      "--prompt",
      "x",
    ]);
  });

  it("counts switches that are repeated", async () => {
    for (const spelling of [["-vv"], ["-v", "-v"], ["--verbose", "-v"]]) {
      expect(await canonical("write", ...spelling)).toEqual(["write", "--verbose", "--verbose"]);
    }
  });

  it("takes a switch back, and lets the last word count", async () => {
    expect(await canonical("write", "-q", "--no-quiet")).toEqual(["write"]);
    expect(await canonical("write", "--no-stream", "--stream")).toEqual(["write"]);
    expect(await canonical("write", "-vv", "--no-verbose")).toEqual(["write"]);
    expect(await canonical("write", "--no-verbose", "-v")).toEqual(["write", "--verbose"]);
    expect(await error("write", "--no-help")).toContain("unknown flag --no-help");
    expect(await error("write", "--no-temp")).toContain("unknown flag --no-temp");
  });

  it("knows what a shorthand stands for", async () => {
    expect(await canonical("write", "--no-color")).toEqual(["write", "--color", "never"]);
    expect(await canonical("write", "--no_color", "x")).toEqual([
      "write",
      "--color",
      "never",
      "--prompt",
      "x",
    ]);
    expect(await error("write", "--no-color=auto")).toContain('--no-color takes no value, found "auto"');
  });

  it("finds the verb behind its flags", async () => {
    expect(await canonical("-n", "5", "write", "x")).toEqual(["write", "--max-tokens", "5", "--prompt", "x"]);
    expect(await canonical("help", "write")).toEqual(["write", "--help"]);
    expect(await canonical("help")).toEqual(["--help"]);
  });

  it("answers an unknown flag or verb with the nearest known one", async () => {
    expect(await error("write", "--temprature", "1")).toContain(
      "unknown flag --temprature: did you mean --temperature?",
    );
    expect(await error("write", "--max-tok", "1")).toContain("did you mean --max-tokens?");
    expect(await error("write", "--colour")).toContain("unknown flag --colour: did you mean --color?");
    expect(await error("write", "--zip")).toContain("unknown flag --zip: see gpt write --help");
    expect(await error("write", "-qx")).toContain("unknown flag -x");
    expect(await error("wirte", "x")).toContain('unknown command "wirte"; did you mean gpt write?');
    expect(await error("Once upon a time")).toContain('to continue a text: gpt generate "Once upon a time"');
    expect(await error("--", "Once upon a time")).toContain(
      'to continue a text: gpt generate "Once upon a time"',
    );
  });

  it("refuses what is missing or too much", async () => {
    expect(await error("write", "--temp")).toContain("--temp needs a value");
    expect(await error("write", "Once", "--temp", "-n", "5")).toContain(
      "--temp needs a value, found -n (--temp=-n gives it that)",
    );
    expect(await error("write", "-p", "--max_tokens", "5")).toContain("-p needs a value, found --max_tokens");
    expect(await canonical("write", "-p=-n", "--stop=--temp", "-r", "-no")).toEqual(
      ["write", "--prompt", "-n", "--stop", "--temp"].concat(["--stop", "-no"]),
    );
    expect(await error("write", "--quiet=yes")).toContain('--quiet takes no value, found "yes"');
    expect(await error("write", "Once", "upon a", "time")).toContain(
      'unexpected "upon a time"; text with spaces needs quotes',
    );
    expect(await error("write", "--prompt", "a", "b")).toContain('--prompt is given twice: "b" too');
  });

  it("takes a value for a value, whatever it looks like, beside an empty one", async () => {
    const read = (...argv: string[]) => canonical("write", ...argv);
    expect(await read("--stop", "", "-r", "-r x")).toEqual(["write", "--stop", "", "--stop", "-r x"]);
    expect(await read("-r", "", "-qr", "-rx")).toEqual(["write", "--stop", "", "--stop", "-rx", "--quiet"]);
    expect(await read("-r=-n", "--", "-r -n")).toEqual(["write", "--stop", "-n", "--prompt", "-r -n"]);
    expect(await read("--no-color", "-q")).toEqual(["write", "--color", "never", "--quiet"]);
  });

  it("says how to give a value to a letter", async () => {
    expect(await error("write", "-ptiny")).toContain("-ptiny: a value of -p goes behind a space: -p tiny");
    expect(await error("write", "-qr.")).toContain("-qr.: a value of -r goes behind a space: -r .");
    expect(await error("write", "-r=")).toContain("-r=: a value of -r goes behind a space: -r ''");
    expect(await error("write", "-temp", "1")).toContain("unknown flag -temp: did you mean --temp?");
    expect(await canonical("write", "-qr/x", "-v")).toEqual([
      "write",
      "--quiet",
      "--stop",
      "/x",
      "--verbose",
    ]);
  });

  it("takes a hundred thousand arguments", async () => {
    const ids = Array.from({ length: 100_000 }, (_, id) => String(id));
    expect(await canonical("read", ...ids)).toEqual(["read", "--ids", ids.join(" ")]);
    expect(await canonical("read", "--", ...ids)).toEqual(["read", "--ids", ids.join(" ")]);
  });
});

/** For any text: what is typed comes out byte for byte. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCommandLine } from "../../../src/cli/flags/command-line.ts";
import { commonFlags, count, list, text, toggle, value } from "../../../src/cli/flags/flags.ts";
import { generateFlags } from "../../../src/cli/verbs/generate/flags.ts";

const flags = {
  prompt: value(text, "A text", { alias: "p" }),
  file: value(text, "A file", { alias: "f" }),
  stop: list(text, "A text", { alias: "r", synonyms: ["reverse-prompt"] }),
  "max-tokens": value(text, "A number", { alias: "n" }),
  quiet: toggle("A switch", { alias: "q" }),
  verbose: count("A level", { alias: "v" }),
  ...commonFlags,
};

/** Texts as shells pass them: no zero byte. Many look like flags, numbers or quotes. */
const anyText = fc
  .oneof(
    fc.string({ unit: "grapheme" }),
    fc.constantFrom(
      "",
      "-",
      "--",
      "---",
      "-5",
      "-n",
      "--stop",
      "--stop=x",
      "-n5",
      "007",
      "true",
      "help",
      "__proto__",
    ),
    fc.string().map((rest) => `-${rest}`),
    fc.string().map((rest) => `--${rest}`),
    fc.string().map((rest) => `"${rest}"`),
  )
  .map((string) => string.replaceAll("\0", ""));

const read = async (...argv: string[]) => {
  const raw = await readCommandLine(argv, "write [prompt]", flags);
  return Object.fromEntries([...raw].map(([name, { values }]) => [name, values]));
};

describe("readCommandLine, for any text", () => {
  it("keeps a value behind =", async () => {
    const spelling = fc.constantFrom("--stop=", "--reverse-prompt=", "--reverse_prompt=", "-r=");
    await fc.assert(
      fc.asyncProperty(spelling, anyText, async (typed, text) => {
        fc.pre(typed !== "-r=" || text !== "");
        expect(await read(typed + text)).toEqual({ stop: [text] });
      }),
    );
  });

  it("keeps a value behind a space, unless it is the spelling of a flag", async () => {
    const known =
      /^(-[pfrnqvhV]|--(prompt|file|stop|reverse.prompt|max.tokens|(no.)?(quiet|verbose|debug)|config|help|version))$/;
    const value = anyText.filter((text) => !known.test(text));
    await fc.assert(
      fc.asyncProperty(value, value, async (first, second) => {
        expect(await read("--stop", first, "-q", "-r", second)).toEqual({
          stop: [first, second],
          quiet: [""],
        });
      }),
    );
  });

  it("keeps a text behind --", async () => {
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        expect(await read("-v", "--", text)).toEqual({ verbose: [""], prompt: [text] });
      }),
    );
  });

  it("keeps a text that stands alone and does not begin like a flag", async () => {
    const plain = anyText.filter((text) => !/^-+[a-z]/i.test(text) && text !== "--");
    await fc.assert(
      fc.asyncProperty(plain, async (text) => {
        expect(await read("-n", "5", text)).toEqual({ "max-tokens": ["5"], prompt: [text] });
      }),
    );
  });

  it("never fails but with a usage error", async () => {
    const words = fc.array(anyText, { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(words, async (argv) => {
        const error = await readCommandLine(argv, "generate [prompt]", {
          ...generateFlags,
          ...commonFlags,
        }).then(
          () => undefined,
          (error) => error,
        );
        if (error !== undefined) expect(error).toMatchObject({ code: "usage" });
      }),
      { numRuns: 50 },
    );
  });
});

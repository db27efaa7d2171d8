import { describe, expect, it } from "vitest";
import { styleFor } from "../../../../../src/cli/terminal/style.ts";
import { bars } from "../../../../../src/cli/verbs/generate/interactive/bars.ts";
import { ByteTokenizer } from "../../../../text/byte-tokenizer.ts";

const tokenizer = new ByteTokenizer([" yes", "\n\x1b[2J", [0xf0, 0x9f], "<end>"], { endOfTextIds: [3] });
const top = [0.5, 0.25, 0.125, 0.0001].map((probability, id) => ({ id, logprob: Math.log(probability) }));

describe("bars", () => {
  it("are as long as the probabilities, relative to the first one", () => {
    expect(bars(top, tokenizer, styleFor({}, "never"), 40)).toBe(
      [
        ' 1  50.0%  ████  " yes"',
        ' 2  25.0%  ██    "\\n\\u001b[2J"',
        ' 3  12.5%  █     "\\xf0\\x9f"',
        " 4  0.01%        <end>",
        "",
      ].join("\n"),
    );
  });

  it("say of little how little it is", () => {
    const shares = [0.0123, 0.00456, 0.000_067_8, 1e-9];
    const little = shares.map((probability, id) => ({ id, logprob: Math.log(probability) }));
    const lines = bars(little, tokenizer, styleFor({}, "never"), 40).trimEnd().split("\n");
    expect(lines.map((line) => line.split(/ +/)[2])).toEqual(["1.2%", "0.46%", "0.0068%", "<0.0001%"]);
  });

  it("leave room for the token on any screen", () => {
    for (const columns of [1, 20, 60, 400]) {
      const [line = ""] = bars(top, tokenizer, styleFor({}, "never"), columns).split("\n");
      expect(line.length).toBeLessThanOrEqual(Math.max(24, columns));
    }
  });

  it("are coloured where there are colours", () => {
    expect(bars(top, tokenizer, styleFor({}, "always"), 40)).toMatch(
      /50\.0% {2}\x1b\[36m████\x1b\[39m {2}" yes"/,
    );
    expect(bars([], tokenizer, styleFor({}, "never"), 40)).toBe("");
  });
});

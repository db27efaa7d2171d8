import { describe, expect, it } from "vitest";
import { type ColorWish, styleFor } from "../../../src/cli/terminal/style.ts";

const terminal = { isTTY: true };
const pipe = {};
const xterm = { TERM: "xterm-256color" };

describe("styleFor", () => {
  it("colours a terminal, and nothing else", () => {
    expect(styleFor(terminal, "auto", xterm).enabled).toBe(true);
    expect(styleFor(pipe, "auto", xterm).enabled).toBe(false);
    expect(styleFor(terminal, "auto", {}).enabled).toBe(false);
  });

  it("asks the flag first, then the environment, then the terminal", () => {
    const cases: readonly [expected: boolean, ColorWish, object, Record<string, string>][] = [
      [true, "always", pipe, { NO_COLOR: "1", TERM: "dumb" }],
      [false, "never", terminal, { FORCE_COLOR: "3", ...xterm }],
      [false, "auto", terminal, { NO_COLOR: "1", FORCE_COLOR: "1", ...xterm }],
      [true, "auto", terminal, { NO_COLOR: "", ...xterm }],
      [true, "auto", pipe, { FORCE_COLOR: "1", TERM: "dumb" }],
      [false, "auto", terminal, { FORCE_COLOR: "0", ...xterm }],
      [false, "auto", terminal, { TERM: "dumb", COLORTERM: "truecolor" }],
      [true, "auto", terminal, { CI: "true", ...xterm }],
    ];
    for (const [expected, wish, stream, environment] of cases) {
      expect([wish, environment, styleFor(stream, wish, environment).enabled]).toEqual([
        wish,
        environment,
        expected,
      ]);
    }
  });

  it("uses the colours that there are", () => {
    const many = styleFor(terminal, "auto", xterm);
    const few = styleFor(terminal, "auto", { TERM: "xterm" });
    expect(many.background(0, "a")).toMatch(/^\x1b\[38;5;16;48;5;\d+ma\x1b\[39;49m$/);
    expect(few.background(0, "a")).toMatch(/^\x1b\[30;4\dma\x1b\[39;49m$/);
    expect(few.red("a")).toBe("\x1b[31ma\x1b[39m");
    expect(styleFor(pipe, "always", {}).dim("a")).toBe("\x1b[2ma\x1b[22m");
  });

  it("tells neighbours apart, for any index", () => {
    const { background } = styleFor(terminal, "auto", xterm);
    expect(background(0, "a")).not.toBe(background(1, "a"));
    expect(background(1_000_003, "a")).toContain("a");
  });

  it("goes from red to green in dark text on colour, and takes any number", () => {
    const { scale } = styleFor(terminal, "auto", { TERM: "xterm" });
    const shades = [-1, 0, 0.5, 1, 2].map((share) => scale(share, "a", 0));
    expect(shades).toEqual(["41", "41", "43", "42", "42"].map((code) => `\x1b[30;${code}ma\x1b[39;49m`));
    expect(scale(Number.NaN, "a", 0)).toContain("a");
    const pale = styleFor(terminal, "auto", xterm);
    expect(pale.scale(1, "a", 0)).toBe("\x1b[38;5;16;48;5;120ma\x1b[39;49m");
  });

  it("tells neighbours of one colour of the scale apart", () => {
    const { scale } = styleFor(terminal, "auto", xterm);
    expect(scale(0.5, "a", 1)).toBe(`\x1b[4m${scale(0.5, "a", 0)}\x1b[24m`);
    expect(scale(0.5, "a", 2)).toBe(scale(0.5, "a", 0));
  });

  it("colours no line feed, and nothing that is empty", () => {
    const { dim } = styleFor(terminal, "auto", xterm);
    expect(dim("a\n\nb\n")).toBe("\x1b[2ma\x1b[22m\n\n\x1b[2mb\x1b[22m\n");
    expect(dim("")).toBe("");
  });

  it("leaves text alone where there are no colours", () => {
    const style = styleFor(pipe);
    expect([style.dim("a"), style.background(3, "a"), style.scale(0.5, "a", 1)]).toEqual(["a", "a", "a"]);
  });
});

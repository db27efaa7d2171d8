import { describe, expect, it } from "vitest";
import {
  coloredPieces,
  perToken,
  pieceTable,
  visible,
  visibleText,
} from "../../../src/cli/terminal/pieces.ts";
import { styleFor } from "../../../src/cli/terminal/style.ts";
import { textOf } from "../../../src/files/utf8.ts";

const piecesOf = (...texts: readonly string[]): Uint8Array[] => texts.map((text) => Buffer.from(text));

describe("a piece", () => {
  it.each([
    [" the", " the"],
    ["\n\t", "\\n\\t"],
    ["\x1b[31m", "\\u001b[31m"],
    ["\x7f\x9b", "\\u007f\\u009b"],
    ["a\u200db\u202ec", "a\\u200db\\u202ec"],
    ["\u2028", "\\u2028"],
    ["\u{e0041}", "\\u{e0041}"],
    ["\u0301x", "◌\u0301x"],
    ["né 漢字 🦙", "né 漢字 🦙"],
  ])("shows %j as %j", (text, shown) => {
    expect(visibleText(text)).toBe(shown);
    expect(visible(Buffer.from(text))).toBe(shown);
  });

  it("that is part of a character shows its bytes", () => {
    const half = Uint8Array.of(0x61, 0xf0, 0x9f);
    expect(textOf(half)).toBeUndefined();
    expect(visible(half)).toBe("a\\xf0\\x9f");
  });
});

it("makes a line for each token, with quotes that are told from the piece's own", () => {
  const pieces = [...piecesOf(" the", '"\\', "\n"), Uint8Array.of(0xf0)];
  const bytesOf = (id: number) => pieces[id % 10] ?? new Uint8Array();
  expect(pieceTable([0, 1231, 2, 3, 0], bytesOf)).toBe(
    [
      '   0  4  " the"',
      '1231  2  "\\"\\\\"',
      '   2  1  "\\n"',
      '   3  1  "\\xf0"',
      '   0  4  " the"',
      "",
    ].join("\n"),
  );
});

it("makes what is asked for once of each token", () => {
  let made = 0;
  const shown = perToken([4, 0, 4, 4], (id) => {
    made++;
    return id === 0 ? undefined : `<${id}>`;
  });
  expect(shown).toEqual(["<4>", undefined, "<4>", "<4>"]);
  expect(made).toBe(2);
});

describe("coloured pieces", () => {
  /** Marks where a colour begins and ends. */
  const style = {
    ...styleFor({}, "never"),
    background: (index: number, text: string) => text.replace(/[^\n]+/g, (line) => `<${index}:${line}>`),
  };

  it("take turns with the colours", () => {
    expect(coloredPieces(piecesOf("Once", " upon"), style, 80)).toBe("<0:Once><1: upon>");
  });

  it("end a line after a line feed, which shows", () => {
    expect(coloredPieces(piecesOf("a", "\n", "b"), style, 80)).toBe("<0:a><1:\\n>\n<2:b>");
  });

  it("begin a new line rather than run over the edge, wide characters counted", () => {
    expect(coloredPieces(piecesOf("abcd", " efgh", "i"), style, 8)).toBe("<0:abcd>\n<1: efgh><2:i>");
    expect(coloredPieces(piecesOf("漢字", "漢字"), style, 7)).toBe("<0:漢字>\n<1:漢字>");
    expect(coloredPieces(piecesOf("漢字", "漢字"), style, 8)).toBe("<0:漢字><1:漢字>");
  });

  it("break a piece that is longer than a line", () => {
    expect(coloredPieces(piecesOf("ab", "cdefgh"), style, 4)).toBe("<0:ab>\n<1:cdef>\n<1:gh>");
    expect(coloredPieces(piecesOf("漢"), style, 1)).toBe("<0:漢>");
  });

  it("never colour a line feed", () => {
    const text = coloredPieces(piecesOf("ab\n", "c"), styleFor({}, "always"), 2);
    expect(text.split("\n").every((line) => /^(\x1b\[[\d;]+m[^\x1b]+\x1b\[[\d;]+m)+$/.test(line))).toBe(true);
  });
});

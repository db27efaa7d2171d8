import { expect, it } from "vitest";
import { table } from "../../../src/cli/terminal/table.ts";

it("lines columns up", () => {
  expect(
    table([
      ["name", "1,000"],
      ["n", "7", "seven"],
    ]),
  ).toBe("name  1,000\nn         7  seven\n");
});

it("counts the columns of a terminal, and lets other columns than the first lie to the left", () => {
  expect(
    table(
      [
        ["漢字", "a", "1"],
        ["b", "de", "22"],
      ],
      [0, 1],
    ),
  ).toBe("漢字  a    1\nb     de  22\n");
});

it("puts no spaces after a last column that lies to the left, however long one of its cells is", () => {
  expect(table([["a", "x".repeat(5)], ["b"], ["c", ""], ["d", "y"]], [0, 1])).toBe("a  xxxxx\nb\nc\nd  y\n");
  const long = "x".repeat(1_000_000);
  const rows = Array.from({ length: 1000 }, () => ["a", "b"]);
  expect(table([["a", long], ...rows], [0, 1])).toHaveLength(4 + 1_000_000 + 5 * 1000);
});

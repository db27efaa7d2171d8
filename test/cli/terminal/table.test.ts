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

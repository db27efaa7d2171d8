import { expect, it } from "vitest";
import { exitCodesPage } from "../../src/cli/exit-codes.ts";
import { overview } from "../../src/cli/overview.ts";
import { topics } from "../../src/cli/topics.ts";
import { verbs } from "../../src/cli/verbs.ts";

it("pages fit a narrow terminal, but for lines to copy", async () => {
  const columns = Object.getOwnPropertyDescriptor(process.stdout, "columns");
  Object.defineProperty(process.stdout, "columns", { value: 60, configurable: true });
  try {
    const pages = [
      overview(verbs),
      exitCodesPage(),
      ...(await Promise.all(topics.map(({ page }) => page(verbs)))),
    ];
    const lines = pages
      .flatMap((page) => page.split("\n"))
      .filter((line) => !/^\$|GPT_STOP|"top-k"/.test(line));
    expect(lines.filter(({ length }) => length > 60)).toEqual([]);
  } finally {
    if (columns) Object.defineProperty(process.stdout, "columns", columns);
    else Reflect.deleteProperty(process.stdout, "columns");
  }
});

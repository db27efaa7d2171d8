import { join } from "node:path";
import { expect, it } from "vitest";
import { apiReport } from "./api-report.ts";
import { root } from "./sources.ts";

it("the library exports what its report says: `npx vitest run test/habits -u` writes a new one, to be read in review", async () => {
  await expect(apiReport(join(root, "dist/index.d.ts"))).toMatchFileSnapshot("library.api.txt");
});

import { expect, it } from "vitest";
import { settleColors } from "../../src/cli/settle-colors.ts";

it.each([
  [{ NO_COLOR: "1", FORCE_COLOR: "1" }, { NO_COLOR: "1" }],
  [
    { NO_COLOR: "", FORCE_COLOR: "1" },
    { NO_COLOR: "", FORCE_COLOR: "1" },
  ],
  [{ NODE_DISABLE_COLORS: "1", FORCE_COLOR: "1" }, { FORCE_COLOR: "1" }],
  [
    { FORCE_COLOR: "1", CI: "1" },
    { FORCE_COLOR: "1", CI: "1" },
  ],
])("settleColors leaves of %j what counts", (environment, left) => {
  settleColors(environment);
  expect(environment).toEqual(left);
});

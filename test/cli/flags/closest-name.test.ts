import { expect, it } from "vitest";
import { closestName } from "../../../src/cli/flags/closest-name.ts";
import { number, toggle, value } from "../../../src/cli/flags/flags.ts";

it("closestName knows short names, and words that are no flags", () => {
  const known = { "max-tokens": value(number, "A number", { alias: "n" }), ban: toggle("A switch") };
  expect(closestName("n", known)).toBe("max-tokens");
  expect(closestName("max_token", known)).toBe("max-tokens");
  const synonyms = { "draft-max": value(number, "A number", { synonyms: ["draft-n"] }) };
  expect(closestName("draft", synonyms)).toBe("draft-max");
  expect(closestName("darft-n", synonyms)).toBe("draft-n");
  expect(closestName("promt", known, ["prompt"])).toBe("prompt");
  expect(closestName("x", known)).toBeUndefined();
});

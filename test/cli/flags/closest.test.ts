import { expect, it } from "vitest";
import { closest, closestName } from "../../../src/cli/flags/closest.ts";
import { number, toggle, value } from "../../../src/cli/flags/flags.ts";

const flags = ["--temp", "--temperature", "--top-k", "--top-p", "--max-tokens", "--seed"];

it("finds the word that was meant", () => {
  expect(closest("--topk", flags)).toBe("--top-k");
  expect(closest("--tempp", flags)).toBe("--temp");
  expect(closest("--sed", flags)).toBe("--seed");
  expect(closest("--max", flags)).toBe("--max-tokens");
  expect(closest("--tpo-k", flags)).toBe("--top-k");
  expect(closest("--tempreature", flags)).toBe("--temperature");
});

it("finds nothing where nothing is near", () => {
  expect(closest("--colour", flags)).toBeUndefined();
  expect(closest("Once upon a time", flags)).toBeUndefined();
  expect(closest("x", [])).toBeUndefined();
  const others = ["--prompt", "--ban", "--no-lines", "--echo", "--temp"];
  for (const typed of ["--chomp", "--raw", "--no-newline", "--cache", "--text"]) {
    expect(closest(typed, others), typed).toBeUndefined();
  }
});

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

import { expect, it } from "vitest";
import { closest } from "../../../src/cli/arguments/closest.ts";

const flags = ["--temp", "--temperature", "--top-k", "--top-p", "--max-tokens", "--seed"];

it("finds the word that was meant", () => {
  expect(closest("--topk", flags)).toBe("--top-k");
  expect(closest("--tempp", flags)).toBe("--temp");
  expect(closest("--sed", flags)).toBe("--seed");
  expect(closest("--max", flags)).toBe("--max-tokens");
});

it("finds nothing where nothing is near", () => {
  expect(closest("--colour", flags)).toBeUndefined();
  expect(closest("Once upon a time", flags)).toBeUndefined();
  expect(closest("x", [])).toBeUndefined();
});

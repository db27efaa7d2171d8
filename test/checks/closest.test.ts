import { expect, it } from "vitest";
import { closest, related } from "../../src/checks/closest.ts";

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

it("finds all words that begin alike, else the nearest", () => {
  const known = ["gemma", "gemma2", "qwen2", "qwen3", "gpt2"];
  expect(related("gemma5_text", known)).toEqual(["gemma", "gemma2"]);
  expect(related("qwen4", known)).toEqual(["qwen2", "qwen3"]);
  expect(related("gp2", known)).toEqual(["gpt2"]);
  expect(related("mamba", known)).toEqual([]);
  expect(related("", known)).toEqual([]);
});

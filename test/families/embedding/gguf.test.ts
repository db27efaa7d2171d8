import { expect, it } from "vitest";
import { moduleFiles, omittedIn, poolingEntries, poolingIn } from "../../../src/families/embedding/gguf.ts";
import type { EmbeddingModules, Pooling } from "../../../src/families/embedding/modules.ts";

const modules = (...poolings: Pooling[]): EmbeddingModules => ({
  poolings,
  dense: [],
  normalize: true,
  prompts: new Map(),
  defaultPrompt: undefined,
  maxTokens: undefined,
  trims: true,
  lowerCases: false,
});

const metadata = (type: number) =>
  new Map<string, number | string>([
    ["general.architecture", "bert"],
    ["bert.pooling_type", type],
    ["bert.embedding_length", 8],
  ]);

it.each([
  ["mean", 1],
  ["cls", 2],
  ["lasttoken", 3],
] as const)("%s is pooling type %d", (pooling, number) => {
  const [[key, value] = []] = poolingEntries(modules(pooling));
  expect(key).toBe("pooling_type");
  expect([...(value ?? [])].slice(-4)).toEqual([number, 0, 0, 0]);
  expect(poolingIn(metadata(number))).toBe(pooling);
  expect(omittedIn(modules(pooling), 64)).toEqual([]);
});

it("other poolings, and several, have no number", () => {
  expect(poolingEntries(modules("max"))).toEqual([]);
  expect(poolingEntries(modules("mean", "cls"))).toEqual([]);
  expect(omittedIn(modules("mean", "cls"), 64)).toEqual(["pooling mean + cls"]);
  // Without a pooling, and of a reranker.
  for (const type of [0, 4]) {
    expect(poolingIn(metadata(type))).toBeUndefined();
    expect(moduleFiles(metadata(type)).size).toBe(0);
  }
});

it("settings that only a directory holds are named, empty ones are not", () => {
  const some = {
    ...modules("mean"),
    normalize: false,
    prompts: new Map([["query", "find: "]]),
    maxTokens: 32,
    lowerCases: true,
  };
  const omitted = ["the lengths of vectors", "prompts", "the limit of 32 tokens", "lower case"];
  expect(omittedIn(some, 64)).toEqual(omitted);
  const none = { ...modules("mean"), prompts: new Map([["query", ""]]), maxTokens: 64 };
  expect(omittedIn(none, 64)).toEqual([]);
});

it("a directory says the same", () => {
  const config = JSON.parse(moduleFiles(metadata(2)).get("1_Pooling/config.json") ?? "");
  expect(config).toEqual({
    word_embedding_dimension: 8,
    pooling_mode_mean_tokens: false,
    pooling_mode_cls_token: true,
    pooling_mode_lasttoken: false,
  });
});

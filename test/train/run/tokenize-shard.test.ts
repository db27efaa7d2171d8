import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { inProcess } from "../../cli/in-process.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const file = temporaryFolder();
const SIZES = ["--layers", "1", "--heads", "1", "--width", "16", "--context", "16", "--steps", "1"];

beforeAll(() => {
  const stories = Array.from({ length: 60 }, (_, i) => `Story ${i}: the cat sat on mat ${i * i}.`);
  writeFileSync(file("stories.txt"), stories.join("\n<|endoftext|>\n"));
});

const train = (...args: readonly string[]) => inProcess("train", file("stories.txt"), "-q", ...args);

describe("gpt train --shard", () => {
  it("makes tokens that a run takes with --tokens: the same model", async () => {
    const own = ["--tokenizer", "stories"];
    for (const i of [1, 2]) {
      const { status, stderr } = await train(...own, "--shard", `${i}/2`, "-o", file(`part-${i}`));
      expect([status, stderr]).toEqual([0, ""]);
    }
    mkdirSync(file("tokens"));
    for (const name of ["train.tokens", "valid.tokens"]) {
      const parts = [file("part-2", name), file("part-1", name)];
      const { status } = await inProcess("gather", ...parts, "-o", file("tokens", name), "-q");
      expect(status).toBe(0);
    }
    expect((await train(...own, ...SIZES, "-o", file("alone"))).status).toBe(0);
    const given = await train(...own, ...SIZES, "--tokens", file("tokens"), "-o", file("given"));
    expect([given.status, given.stderr]).toEqual([0, ""]);
    for (const name of ["data/train.tokens", "data/valid.tokens", "model.safetensors"]) {
      expect(readFileSync(file("given", name)).equals(readFileSync(file("alone", name)))).toBe(true);
    }
    const other = ["--tokens", file("tokens"), "--valid-fraction", "0.2", "-o", file("other")];
    const refused = await train(...own, ...SIZES, ...other);
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining("holds no train.tokens")]);
  });

  it.each([
    [["--shard", "1/2"], "with what tokens? --tokenizer or --init says it"],
    [["--shard", "1/2", "--init", "stories", "--task", "dpo"], "the data of --task dpo is no text"],
    [
      ["--shard", "1/2", "--init", "stories", "--replica", "1/2", "--outer-dir", "x"],
      "give --replica to the run",
    ],
    [["--shard", "1/2", "--init", "stories", "--tokens", "x"], "give one of them"],
  ])("refuses %j", async (args, problem) => {
    const { status, stderr } = await train(...args, "-o", file("refused"));
    expect([status, stderr]).toEqual([2, expect.stringContaining(problem)]);
  });
});

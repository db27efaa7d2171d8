import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { inProcess } from "../../in-process.ts";

const path = temporaryFolder();
const COUNT = 9;

const sentence = (seed: number): string =>
  Array.from({ length: 5 }, (_, i) => ["a", "dog", "cat", "saw", "ran", "the"][(seed * (i + 3)) % 6]).join(
    " ",
  );

beforeAll(() => {
  const lines = (shift: number) => Array.from({ length: COUNT }, (_, i) => sentence(i + shift));
  writeFileSync(path("h.txt"), lines(0).join("\n"));
  writeFileSync(path("other.txt"), lines(5).join("\n"));
  const references = lines(2).map((line, i) => (i === 4 ? "null" : JSON.stringify(line)));
  writeFileSync(path("r.jsonl"), references.join("\n"));
});

const run = (metric: string, ...args: readonly string[]) =>
  inProcess("score", metric, path("h.txt"), path("r.jsonl"), "--system", path("other.txt"), ...args);

describe("gpt score -o", () => {
  it.each(["rouge", "bleu"])("of %s is what its shards make, and gives the same scores", async (metric) => {
    const [alone, whole] = [path(`${metric}-alone`), path(`${metric}-whole`)];
    const plain = await run(metric, "--bootstrap", "50", "--json");
    const kept = await run(metric, "--bootstrap", "50", "--json", "-o", alone);
    expect(kept.stdout).toBe(plain.stdout);
    for (const count of [1, 2, 7]) {
      const parts = Array.from({ length: count }, (_, i) => path(`${metric}-${i + 1}-of-${count}`));
      for (const [i, part] of parts.entries()) {
        const shard = await run(metric, "--shard", `${i + 1}/${count}`, "-o", part);
        expect([shard.status, shard.stdout]).toEqual([0, ""]);
      }
      expect((await inProcess("gather", ...parts.toReversed(), "-o", whole, "-q")).status).toBe(0);
      expect(readFileSync(whole, "utf8")).toBe(readFileSync(alone, "utf8"));
    }
    const gathered = await run(metric, "--bootstrap", "50", "--json", "-o", whole);
    expect(gathered.stdout).toBe(plain.stdout);
  });

  it("goes on where a shard was killed, and takes what is there", async () => {
    await run("ter", "--shard", "1/2", "-o", path("part"));
    const whole = readFileSync(path("part"), "utf8");
    const [head, first] = whole.split("\n");
    writeFileSync(path("part"), `${head}\n${first}\n{"line":2,"stat`);
    expect((await run("ter", "--shard", "1/2", "-o", path("part"))).status).toBe(0);
    expect(readFileSync(path("part"), "utf8")).toBe(whole);
  });

  it.each([
    [["--shard", "1/2"], "name its file with -o"],
    [["--shard", "2/2", "-o", path("part")], "is shard 1/2, not 2/2"],
    [["--lowercase", "-o", path("part")], "holds something else, or another run"],
  ])("refuses %j", async (args, problem) => {
    const { status, stderr } = await run(args.includes("--lowercase") ? "bleu" : "ter", ...args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(problem)]);
  });
});

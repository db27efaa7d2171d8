import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { npyBytes } from "../../src/files/npy.ts";
import { gather } from "../../src/shards/gather.ts";
import { joinLines } from "../../src/shards/join/lines.ts";
import { completePart, describePart, type Part, refuseOtherPart } from "../../src/shards/part.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const file = temporaryFolder();
const own = { classes: joinLines, rewards: joinLines, tokens: joinLines };

/** Writes a part of three, complete unless told otherwise. */
async function part(name: string, index: number, content: string | Uint8Array, own: Partial<Part> = {}) {
  const described: Part = {
    kind: "lines",
    shard: { index, count: 3 },
    block: { first: 2 * index, count: 2, total: 6 },
    run: "a run",
    ...own,
  };
  writeFileSync(file(name), content);
  await completePart(file(name), described);
  return described;
}

const joined = async (...names: string[]): Promise<Buffer> => {
  const chunks = [];
  for await (const chunk of await gather(
    names.map((name) => file(name)),
    own,
  ))
    chunks.push(chunk);
  return Buffer.concat(chunks);
};

describe("gather", () => {
  it("joins lines in the order of the shards", async () => {
    await part("c", 2, "5\n6\n");
    await part("a", 0, "1\n2\n");
    await part("b", 1, "");
    expect((await joined("c", "a", "b")).toString()).toBe("1\n2\n5\n6\n");
  });

  it("joins rows of NumPy under one header", async () => {
    const rows = [1, 2, 3].map((value) => Float32Array.of(value, -value));
    for (const [i, row] of rows.entries()) {
      const vectors = i === 1 ? [] : [row];
      await part(`${i}.npy`, i, npyBytes(vectors), { kind: "npy" });
    }
    expect(await joined("0.npy", "1.npy", "2.npy")).toEqual(npyBytes(rows.filter((_, i) => i !== 1)));
    await part("1.npy", 1, npyBytes([Float32Array.of(1, 2, 3)]), { kind: "npy" });
    await expect(joined("0.npy", "1.npy", "2.npy")).rejects.toThrow("they are not of one model");
    await part("1.npy", 1, "no numbers", { kind: "npy" });
    await expect(joined("0.npy", "1.npy", "2.npy")).rejects.toThrow("expected a file of NumPy");
  });

  it("joins answers under their one first line", async () => {
    for (const i of [0, 1, 2]) await part(`${i}.answers`, i, `{"tasks":[]}\n${i}\n`, { kind: "answers" });
    expect((await joined("0.answers", "1.answers", "2.answers")).toString()).toBe('{"tasks":[]}\n0\n1\n2\n');
    await part("1.answers", 1, '{"tasks":[1]}\n1\n', { kind: "answers" });
    await expect(joined("0.answers", "1.answers", "2.answers")).rejects.toThrow("answers other questions");
  });

  it("refuses what is missing, doubled, foreign, unfinished, or changed, before it reads", async () => {
    await part("a", 0, "1\n2\n");
    const second = await part("b", 1, "3\n4\n");
    await part("twin", 1, "3\n4\n");
    await part("other", 2, "5\n6\n", { run: "another run" });
    await part("of four", 2, "5\n6\n", { shard: { index: 2, count: 4 } });
    await expect(joined("a", "b")).rejects.toThrow("shard 3/3 is missing: 2 of 3 parts are given");
    await expect(joined("a", "b", "twin")).rejects.toThrow("are both shard 2/3: give one of them");
    await expect(joined("a", "b", "other")).rejects.toThrow("it has another input or other settings");
    await expect(joined("a", "b", "of four")).rejects.toThrow("it is shard 3/4, the other 1/3");
    await part("c", 2, "5\n6\n");
    writeFileSync(file("c"), "5\n");
    await expect(joined("a", "b", "c")).rejects.toThrow("has 2 bytes, and had 4 when it was complete");
    await describePart(file("b"), second);
    await part("c", 2, "5\n6\n");
    await expect(joined("a", "b", "c")).rejects.toThrow("shard 2/3 is not finished: run it again to its end");
    writeFileSync(file("plain"), "1\n");
    await expect(joined("plain")).rejects.toThrow("has no description");
    await expect(joined("nowhere")).rejects.toThrow("there is no such file");
    await expect(gather([], own)).rejects.toThrow("which parts?");
  });

  it.each([
    ["{", "is not valid JSON"],
    ["[]", "is JSON, but not an object"],
    ['{"kind":"song","shard":{},"block":{}}', 'kind is "song", expected lines, npy, answers'],
    [
      '{"kind":"lines","shard":{"index":3,"count":3},"block":{"first":0,"count":1,"total":1},"run":"x"}',
      "expected one below the count",
    ],
    [
      '{"kind":"lines","shard":{"index":-1,"count":3},"block":{},"run":"x"}',
      "expected an integer of 0 or more",
    ],
  ])("refuses a description %s", async (content, problem) => {
    writeFileSync(file("wrong"), "");
    writeFileSync(file("wrong.shard"), content);
    await expect(joined("wrong")).rejects.toThrow(problem);
  });
});

describe("refuseOtherPart", () => {
  it("lets a run go on with its own part alone", async () => {
    const own = await part("mine", 0, "1\n");
    await refuseOtherPart(file("mine"), own);
    await expect(refuseOtherPart(file("mine"), { ...own, shard: { index: 1, count: 3 } })).rejects.toThrow(
      "is shard 1/3, not 2/3",
    );
    await expect(refuseOtherPart(file("mine"), { ...own, run: "other" })).rejects.toThrow(
      "is of other settings or another input",
    );
  });
});

import { expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { Model } from "../../src/engine/model.ts";
import { Reader } from "../../src/engine/reader.ts";
import { parseModel } from "../../src/families/parse.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { describeWithShared, shared } from "../shared.ts";

const options = { threads: 1, simd: "plain" } as const;
const open = async (name: string) => {
  const checkpoint = await openCheckpoint(shared(`models/golden/${name}`));
  return [checkpoint, await parseModel(checkpoint)] as const;
};

const texts = [
  { ids: [1, 2, 3, 4, 5] },
  { ids: [9] },
  { ids: Array.from({ length: 37 }, (_, i) => (7 * i) % 90) },
];
const rows = texts.map(({ ids }) => ids.map((_, row) => row));

describeWithShared("a reader of whole texts", () => {
  it.each(["gpt2", "llama", "mixtral", "lfm2"])("gives a %s the logits of its sessions", async (name) => {
    const parts = await open(name);
    await using model = await Model.load(...parts, options);
    const reader = await Reader.load(...parts, options);
    const found = await reader.logits(texts, rows);
    for (const [i, { ids }] of texts.entries()) {
      const session = model.createSession();
      expect(found[i]).toEqual(await session.append(ids, { every: true }));
      await session.close();
    }
    await reader.close();
  });

  it.each(["bert-mlm", "modernbert-mlm"])(
    "gives %s the same bits alone, together and in threads",
    async (name) => {
      const parts = await open(name);
      const one = await Reader.load(...parts, options);
      const three = await Reader.load(...parts, { ...options, threads: 3 });
      const alone = [];
      for (const text of texts) alone.push(...(await one.hidden([text])));
      expect(await three.hidden(texts)).toEqual(alone);
      expect(await three.hidden([])).toEqual([]);
      await one.close();
      await three.close();
    },
  );

  it("refuses texts that are too long, empty, or of other ids, and runs after it is closed", async () => {
    const reader = await Reader.load(...(await open("bert-mlm")), options);
    const messageOf = async (ids: number[]) => (await rejectionOf(reader.hidden([{ ids }]))).message;
    expect(await messageOf(Array(41).fill(1))).toBe("a text of 41 tokens: this model takes 1 to 40");
    expect(await messageOf([])).toBe("a text of 0 tokens: this model takes 1 to 40");
    expect(await messageOf([300])).toBe("token id 300: the vocabulary is 0 to 299");
    await reader.close();
    expect(await messageOf([1])).toBe("the model is closed");
  });

  it("stops at an aborted signal, and goes on afterwards", async () => {
    const reader = await Reader.load(...(await open("bert-mlm")), options);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(reader.hidden(texts, signal)).rejects.toThrow("enough");
    expect(await reader.hidden(texts)).toHaveLength(3);
    await reader.close();
  });
});

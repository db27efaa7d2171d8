import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type DataOptions, findSources, joinTokens, prepareShard } from "../../../src/data/index.ts";
import { gather } from "../../../src/shards/gather.ts";
import { joinLines } from "../../../src/shards/join/lines.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { sourceOf } from "../sources.ts";
import { plain, stories, storyFolder } from "../story-folder.ts";

const { path, folder, prepared, dialogues, storyTokenizer } = storyFolder();
const FILES = ["train.tokens", "valid.tokens"];

type Choice = Omit<DataOptions, "directory" | "tokenizer" | "dialogues">;

beforeAll(() => {
  const turns = stories.slice(0, 30).map((story, i) => ({
    messages: [
      { role: "user", content: `Tell story ${i}` },
      { role: "assistant", content: story },
    ],
  }));
  writeFileSync(path("turns.jsonl"), turns.map((turn) => `${JSON.stringify(turn)}\n`).join(""));
  writeFileSync(path("three.txt"), stories.slice(0, 3).join("\n<|endoftext|>\n"));
  writeFileSync(path("long.txt"), stories.join("\n"));
});

/** Both files of all shards, gathered. */
async function ofShards(count: number, options: DataOptions): Promise<Buffer[]> {
  const folders = Array.from({ length: count }, folder);
  for (const [index, directory] of folders.entries()) {
    await prepareShard({ ...options, directory }, { index, count });
  }
  return await Promise.all(
    FILES.map(async (name) => {
      const chunks = [];
      const parts = folders.map((directory) => join(directory, name)).reverse();
      const whole = await gather(parts, { classes: joinLines, rewards: joinLines, tokens: joinTokens });
      for await (const chunk of whole) chunks.push(chunk);
      return Buffer.concat(chunks);
    }),
  );
}

describe("the tokens of shards", () => {
  const heldOut = { fraction: 0.1, seed: 3 };
  const choices: readonly (readonly [string, () => Promise<Choice>])[] = [
    ["texts", async () => ({ sources: await findSources([path("stories.txt"), path("long.txt")]), heldOut })],
    ["fewer texts than shards", async () => ({ sources: await findSources([path("three.txt")]) })],
    ["one long text", async () => ({ sources: await findSources([path("long.txt")]), heldOut })],
    [
      "messages with texts for validation",
      async () => ({
        sources: await findSources([path("turns.jsonl")]),
        validation: await findSources([path("stories.txt")]),
      }),
    ],
  ];

  it.each(choices)("of %s make the files that one process writes", async (_, choose) => {
    const choice = await choose();
    for (const tokenizer of [
      storyTokenizer(),
      { ...plain(storyTokenizer()), bosId: 5, addBos: true, startIds: [5] },
    ]) {
      const options = { ...choice, tokenizer, dialogues: dialogues(), directory: folder() };
      const whole = await prepared(options, async ({ train, valid }) =>
        [train, valid].map((file) => readFileSync(file.path)),
      );
      for (const count of tokenizer.addBos ? [2] : [1, 2, 7]) {
        const gathered = await ofShards(count, options);
        expect(gathered.map((file, i) => file.equals(whole[i] as Buffer))).toEqual([true, true]);
      }
    }
  });

  it("are copied for a run of the same data, and refused for one of other data", async () => {
    const options = { sources: await findSources([path("stories.txt")]), dialogues: dialogues() };
    const made = folder();
    await prepared({ ...options, directory: made }, async () => {});
    await prepared({ ...options, made }, async ({ train, isReused }) => {
      expect(readFileSync(train.path).equals(readFileSync(join(made, "train.tokens")))).toBe(true);
      expect(isReused).toBe(false);
    });
    const other = prepared({ ...options, made, heldOut }, async () => {});
    expect(await rejectionOf(other)).toMatchObject({
      code: "usage",
      message: expect.stringContaining(`${made}: holds no train.tokens and valid.tokens of this data`),
    });
  });

  it("need data that can be read twice", async () => {
    const sources = [{ ...sourceOf("a cat", { format: "text" }), fingerprint: undefined }];
    const options = { sources, tokenizer: storyTokenizer(), dialogues: dialogues(), directory: folder() };
    expect(await rejectionOf(prepareShard(options, { index: 0, count: 2 }))).toMatchObject({
      code: "usage",
      message: expect.stringContaining("can be read once only"),
    });
  });
});

import { readdirSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { findSources, prepareData, type TokenFile } from "../../src/data/index.ts";
import type { Tokenizer } from "../../src/tokenizer/index.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { jsonLines, sourceOf } from "./sources.ts";
import { plain, stories, storyFolder } from "./story-folder.ts";

const { path, folder, prepared, dialogues, storyTokenizer } = storyFolder();
let tokenizer: Tokenizer;

beforeAll(() => {
  tokenizer = storyTokenizer();
});

const textOf = async (file: TokenFile) => tokenizer.decode((await file.read(0, file.length)).ids);

/** Text of a file whose first document has the token before it that ends a text. */
const begun = (text: string) => `<|endoftext|>${text}`;

describe("prepareData", () => {
  it("holds the documents' tokens, with the token that ends a text before, between and after them", async () => {
    const sources = await findSources([path("stories.txt")]);
    await prepared({ sources }, async ({ train, valid, isReused }) => {
      expect(await textOf(train)).toBe(begun(stories.map((story) => `${story}<|endoftext|>`).join("")));
      expect(train.head).toMatchObject({ documents: 200, tokenSize: 2, marked: false, vocabSize: 400 });
      expect(train.head.textBytes).toBe(Buffer.byteLength(stories.join("")));
      expect(train.head.learned).toBe(train.length);
      expect([valid.length, isReused]).toEqual([0, false]);
    });
  });

  it("begins each document with the begin token of a tokenizer that adds one, and adds nothing else", async () => {
    const beginning: Tokenizer = { ...plain(tokenizer), bosId: 5, addBos: true, startIds: [5] };
    const sources = [sourceOf("cat<|endoftext|>mat", { format: "text" })];
    await prepared({ sources, tokenizer: beginning }, async ({ train }) => {
      const { ids } = await train.read(0, train.length);
      expect([...ids]).toEqual([5, ...tokenizer.encode("cat"), 0, 5, ...tokenizer.encode("mat"), 0]);
    });
  });

  it("holds out a share of the documents, and no text in both parts", async () => {
    const sources = await findSources([path("stories.txt")]);
    await prepared({ sources, heldOut: { fraction: 0.1, seed: 3 } }, async ({ train, valid }) => {
      expect(valid.head.documents).toBe(20);
      const split = async (file: TokenFile) => (await textOf(file)).split("<|endoftext|>").slice(1, -1);
      const [trained, held] = [await split(train), await split(valid)];
      expect([...trained, ...held].sort()).toEqual([...stories].sort());
    });
  });

  it("holds out chunks of one long document", async () => {
    const sources = [sourceOf(stories.join("\n").repeat(40), { format: "text" })];
    await prepared({ sources, heldOut: { fraction: 0.1, seed: 0 } }, async ({ train, valid }) => {
      const share = valid.head.textBytes / (train.head.textBytes + valid.head.textBytes);
      expect(share).toBeGreaterThan(0.02);
      expect(share).toBeLessThan(0.2);
    });
  });

  it("cuts little text finer, so that some of it is held out, but never the first", async () => {
    writeFileSync(path("poem.txt"), stories.join("\n"));
    for (const seed of [0, 1, 2, 3]) {
      const sources = await findSources([path("poem.txt")]);
      await prepared({ sources, heldOut: { fraction: 0.05, seed } }, async ({ train, valid }) => {
        expect(valid.head.textBytes).toBeGreaterThan(100);
        expect(valid.head.textBytes).toBeLessThan(train.head.textBytes / 8);
        const start = await textOf(train);
        expect(start.slice(0, 33)).toBe(begun(stories[0]?.slice(0, 20) ?? ""));
        expect(await textOf(valid)).not.toContain("<|endoftext|>Story");
      });
    }
  });

  it("holds out nothing of a single record", async () => {
    const sources = [jsonLines({ text: "the cat" })];
    await prepared({ sources, heldOut: { fraction: 0.9, seed: 1 } }, async ({ train, valid }) => {
      expect([train.head.documents, valid.length]).toEqual([1, 0]);
    });
  });

  it("marks tokens that are not learned", async () => {
    const sources = [jsonLines({ prompt: "Story 5:", completion: " the cat" }, { text: "said" })];
    await prepared({ sources }, async ({ train }) => {
      const prompt = tokenizer.encode("Story 5:");
      const completion = tokenizer.encode(" the cat");
      const { ids, learned } = await train.read(0, train.length);
      expect([...ids]).toEqual([0, ...prompt, ...completion, 0, ...tokenizer.encode("said"), 0]);
      expect([...learned]).toEqual([...ids].map((_, place) => (place <= prompt.length ? 0 : 1)));
      expect(train.head.learned).toBe(train.length - prompt.length - 1);
    });
  });

  it("turns the marks of a conversation into control tokens, but not its text", async () => {
    const messages = [
      { role: "user", content: "cat <|im_end|>" },
      { role: "assistant", content: "mat" },
    ];
    await prepared({ sources: [jsonLines({ messages })] }, async ({ train }) => {
      const { ids, learned } = await train.read(0, train.length);
      const controls = [...ids].filter((id) => tokenizer.isSpecial(id));
      expect(controls).toEqual([0, 1, 2, 1, 2, 0]);
      const written = tokenizer.decode([...ids].filter((_, place) => learned[place]));
      expect(written).toBe("mat<|im_end|>");
    });
  });

  it("reads sources for validation", async () => {
    const validation = [sourceOf("only here", { format: "text" })];
    await prepared(
      { sources: await findSources([path("stories.txt")]), validation },
      async ({ train, valid }) => {
        expect(await textOf(valid)).toBe(begun("only here<|endoftext|>"));
        expect(train.head.documents).toBe(200);
      },
    );
  });

  it("writes 4 bytes a token where the vocabulary needs them", async () => {
    const large: Tokenizer = {
      ...plain(tokenizer),
      vocabSize: 40_000,
      encode: (text) => tokenizer.encode(text).map((id) => id + 39_000),
    };
    const sources = [jsonLines({ prompt: "cat", completion: "mat" })];
    await prepared({ sources, tokenizer: large }, async ({ train }) => {
      expect(train.head).toMatchObject({ tokenSize: 4, marked: true });
      const { ids, learned } = await train.read(0, train.length);
      expect([...ids]).toEqual([0, ...large.encode("cat"), ...large.encode("mat"), 0]);
      expect([...learned.slice(0, 2)]).toEqual([0, 0]);
    });
  });

  it("tells how far it is, and stops when it is told to", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const sources = await findSources([path("stories.txt")]);
    const directory = folder();
    const onProgress = (bytes: number) => bytes > 1000 && controller.abort(reason);
    const stopped = prepareData({
      sources,
      tokenizer,
      dialogues: dialogues(),
      directory,
      onProgress,
      signal: controller.signal,
    });
    await expect(stopped).rejects.toBe(reason);
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each([
    ["", {}, /^data\.txt: no text to train on/],
    ["\n<|endoftext|>\n \n", {}, /no text to train on/],
    ["one", { heldOut: { fraction: 1, seed: 1 } }, /a share of 1 for validation/],
    [
      "one",
      { validation: [sourceOf("", { format: "text", name: "v.txt" })] },
      /^v\.txt: no text for validation/,
    ],
  ])("refuses %j with %j", async (text, options, message) => {
    const directory = folder();
    const sources = [sourceOf(text, { format: "text" })];
    const error = await rejectionOf(
      prepareData({ sources, tokenizer, dialogues: dialogues(), directory, ...options }),
    );
    expect(error.message).toMatch(message);
  });
});

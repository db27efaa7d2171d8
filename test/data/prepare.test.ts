import { readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type DataOptions,
  findSources,
  IGNORED_LABEL,
  openData,
  prepareData,
  sampleWindows,
  sequentialWindows,
  TokenFile,
  type TrainingData,
  windowsPerEpoch,
} from "../../src/data/index.ts";
import type { Tokenizer } from "../../src/tokenizer/index.ts";
import { loadTokenizer } from "../../src/tokenizer/index.ts";
import { saveTokenizer, trainTokenizer } from "../../src/tokenizer/trainer/index.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { collect, jsonLines, sourceOf } from "./sources.ts";

const path = temporaryFolder();
const stories = Array.from(
  { length: 200 },
  (_, i) => `Story ${i}: the cat sat on mat ${i * i}, said café ${i}.`,
);
let tokenizer: Tokenizer;
let folders = 0;
const folder = () => path(`data-${folders++}`);

beforeAll(async () => {
  const special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];
  await saveTokenizer(
    await trainTokenizer(stories, { specialTokens: special, vocabSize: 400 }),
    path("tokenizer"),
  );
  const loaded = await loadTokenizer(path("tokenizer"));
  if (loaded === undefined) throw new Error("no tokenizer was saved");
  tokenizer = loaded;
  writeFileSync(path("stories.txt"), stories.join("\n<|endoftext|>\n"));
});

async function prepared<T>(
  options: Omit<DataOptions, "tokenizer" | "directory"> & Partial<DataOptions>,
  use: (data: TrainingData) => Promise<T>,
): Promise<T> {
  const data = await prepareData({ tokenizer, directory: folder(), ...options });
  await using _train = data.train;
  await using _valid = data.valid;
  return await use(data);
}

const textOf = async (file: TokenFile) => tokenizer.decode((await file.read(0, file.length)).ids);

describe("prepareData", () => {
  it("holds the documents' tokens, each ended by the token that ends a text", async () => {
    const sources = await findSources([path("stories.txt")]);
    await prepared({ sources }, async ({ train, valid, isReused }) => {
      expect(await textOf(train)).toBe(stories.map((story) => `${story}<|endoftext|>`).join(""));
      expect(train.head).toMatchObject({ documents: 200, tokenSize: 2, marked: false, vocabSize: 400 });
      expect(train.head.textBytes).toBe(Buffer.byteLength(stories.join("")));
      expect(train.head.learned).toBe(train.length);
      expect([valid.length, isReused]).toEqual([0, false]);
    });
  });

  it("holds out a share of the documents, and no text in both parts", async () => {
    const sources = await findSources([path("stories.txt")]);
    await prepared({ sources, heldOut: { fraction: 0.1, seed: 3 } }, async ({ train, valid }) => {
      expect(valid.head.documents).toBe(20);
      const split = async (file: TokenFile) => (await textOf(file)).split("<|endoftext|>").slice(0, -1);
      const [trained, held] = [await split(train), await split(valid)];
      expect([...trained, ...held].sort()).toEqual([...stories].sort());
    });
  });

  it("holds out stretches of one long document", async () => {
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
        expect((await textOf(train)).slice(0, 20)).toBe(stories[0]?.slice(0, 20));
      });
    }
  });

  it("holds out nothing of a single record", async () => {
    const sources = [jsonLines({ text: "the cat" })];
    await prepared({ sources, heldOut: { fraction: 0.9, seed: 1 } }, async ({ train, valid }) => {
      expect([train.head.documents, valid.length]).toEqual([1, 0]);
    });
  });

  it("marks what is not learned", async () => {
    const sources = [jsonLines({ prompt: "Story 5:", completion: " the cat" }, { text: "said" })];
    await prepared({ sources }, async ({ train }) => {
      const prompt = tokenizer.encode("Story 5:");
      const completion = tokenizer.encode(" the cat");
      const { ids, learned } = await train.read(0, train.length);
      expect([...ids]).toEqual([...prompt, ...completion, 0, ...tokenizer.encode("said"), 0]);
      expect([...learned]).toEqual([...ids].map((_, place) => (place < prompt.length ? 0 : 1)));
      expect(train.head.learned).toBe(train.length - prompt.length);
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
      expect(controls).toEqual([1, 2, 1, 2, 0]);
      const written = tokenizer.decode([...ids].filter((_, place) => learned[place]));
      expect(written).toBe("mat<|im_end|><|endoftext|>");
    });
  });

  it("reads sources for validation", async () => {
    const validation = [sourceOf("only here", { format: "text" })];
    await prepared(
      { sources: await findSources([path("stories.txt")]), validation },
      async ({ train, valid }) => {
        expect(await textOf(valid)).toBe("only here<|endoftext|>");
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
      expect([...ids]).toEqual([...large.encode("cat"), ...large.encode("mat"), 0]);
      expect(learned[0]).toBe(0);
    });
  });

  it("tells how far it is, and stops when it is told to", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const sources = await findSources([path("stories.txt")]);
    const directory = folder();
    const onProgress = (bytes: number) => bytes > 1000 && controller.abort(reason);
    const stopped = prepareData({ sources, tokenizer, directory, onProgress, signal: controller.signal });
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
    const error = await rejectionOf(prepareData({ sources, tokenizer, directory, ...options }));
    expect(error.message).toMatch(message);
  });
});

/** The tokenizer as an object whose parts can be replaced. */
const plain = (from: Tokenizer): Tokenizer => ({
  vocabSize: from.vocabSize,
  bosId: from.bosId,
  addBos: from.addBos,
  endOfTextIds: from.endOfTextIds,
  encode: (text, options) => from.encode(text, options),
  decode: (ids, options) => from.decode(ids, options),
  bytes: (id) => from.bytes(id),
  isSpecial: (id) => from.isSpecial(id),
  stream: (previous) => from.stream(previous),
});

describe("the files of tokens", () => {
  it("are found again until something changes", async () => {
    const directory = folder();
    const isReused = async (options: Partial<DataOptions> = {}) => {
      const sources = await findSources([path("stories.txt")]);
      return await prepared({ sources, directory, ...options }, async (data) => data.isReused);
    };
    expect(await isReused()).toBe(false);
    expect(await isReused()).toBe(true);
    expect(await isReused({ heldOut: { fraction: 0.1, seed: 1 } })).toBe(false);
    expect(await isReused({ heldOut: { fraction: 0.1, seed: 2 } })).toBe(false);
    expect(await isReused()).toBe(false);
    utimesSync(path("stories.txt"), 1, 1);
    expect(await isReused()).toBe(false);
    expect(await isReused()).toBe(true);
    expect(await isReused({ tokenizer: { ...plain(tokenizer), encode: () => [1] } })).toBe(false);
    expect(await isReused({ tokenizer: { ...plain(tokenizer), encode: () => [1] } })).toBe(true);
  });

  it("are made again where they are damaged", async () => {
    const directory = folder();
    const sources = await findSources([path("stories.txt")]);
    const made = () =>
      prepared({ sources, directory }, async ({ isReused, train }) => [isReused, train.length]);
    const [, length] = await made();
    const bytes = readFileSync(`${directory}/train.tokens`);
    for (const damaged of [
      bytes.subarray(0, -1),
      bytes.subarray(0, 50),
      Buffer.alloc(0),
      Buffer.alloc(500),
    ]) {
      writeFileSync(`${directory}/train.tokens`, damaged);
      expect(await made()).toEqual([false, length]);
    }
    expect(readdirSync(directory).sort()).toEqual(["train.tokens", "valid.tokens"]);
  });

  it("are opened without their sources, as when a run is resumed", async () => {
    const directory = folder();
    expect(await openData(directory)).toBeUndefined();
    const length = await prepared(
      { sources: [sourceOf("piped in")], directory },
      async ({ train }) => train.length,
    );
    const opened = await openData(directory);
    expect(opened?.train.length).toBe(length);
    await opened?.train.close();
    await opened?.valid.close();
  });

  it.each([
    ["magic", 0, 0x58, /does not begin as/],
    ["version", 8, 9, /does not begin as/],
    ["token size", 12, 3, /does not begin as/],
    ["marks", 16, 2, /does not begin as/],
    ["count", 24, 0xff, /has \d+ bytes, expected \d+/],
    ["huge count", 31, 0xff, /does not begin as/],
    ["more learned than there are", 32, 0xff, /does not begin as/],
  ])("are refused with a wrong head: %s", async (_what, place, byte, message) => {
    const directory = folder();
    await prepared({ sources: [sourceOf("the cat", { format: "text" })], directory }, async () => {});
    const bytes = readFileSync(`${directory}/train.tokens`);
    bytes[place] = byte;
    writeFileSync(`${directory}/train.tokens`, bytes);
    const error = await rejectionOf(TokenFile.open(`${directory}/train.tokens`));
    expect(error.code).toBe("invalid-file");
    expect(error.message).toMatch(message);
  });

  it("are refused where an id is not in the vocabulary", async () => {
    const directory = folder();
    await prepared({ sources: [sourceOf("the cat", { format: "text" })], directory }, async () => {});
    const bytes = readFileSync(`${directory}/train.tokens`);
    bytes.writeUInt16LE(400, 88);
    writeFileSync(`${directory}/train.tokens`, bytes);
    await using file = await TokenFile.open(`${directory}/train.tokens`);
    const error = await rejectionOf(file.read(0, 1));
    expect(error.message).toMatch(/token 0 is 400, expected less than 400: delete it/);
  });
});

describe("windows", () => {
  const sources = [jsonLines(...stories.map((completion, i) => ({ prompt: `Number ${i}? `, completion })))];

  it("of a step are the same each time, and label what is learned", async () => {
    await prepared({ sources }, async ({ train }) => {
      const sampling = { seed: 5, step: 3, batch: 4, context: 16 };
      const windows = await sampleWindows(train, sampling);
      expect(await sampleWindows(train, sampling)).toEqual(windows);
      expect(await sampleWindows(train, { ...sampling, step: 4 })).not.toEqual(windows);
      for (const { ids, labels } of windows) {
        expect([ids.length, labels.length]).toEqual([17, 17]);
        for (const [place, label] of labels.entries()) expect([ids[place], IGNORED_LABEL]).toContain(label);
      }
      expect(windows.some(({ labels }) => labels.includes(IGNORED_LABEL))).toBe(true);
    });
  });

  it("of an epoch hold every token once, whatever the batch", async () => {
    await prepared({ sources }, async ({ train }) => {
      const count = windowsPerEpoch(train, 16);
      const epoch = async (batch: number, steps: number) => {
        const all = [];
        for (let step = 0; step < steps; step++) {
          all.push(...(await sampleWindows(train, { seed: 1, step, batch, context: 16 })));
        }
        return all.slice(0, count).map(({ ids }) => ids.join());
      };
      const windows = await epoch(1, count);
      expect(new Set(windows).size).toBe(count);
      expect(await epoch(8, Math.ceil(count / 8))).toEqual(windows);
    });
  });

  it("in their order have every learned token as a target once", async () => {
    await prepared({ sources }, async ({ train }) => {
      const windows = await collect(sequentialWindows(train, 100));
      const targets = windows.flatMap(({ labels }) => labels.slice(1).filter((id) => id !== IGNORED_LABEL));
      const { ids, learned } = await train.read(0, train.length);
      expect(targets).toEqual([...ids].filter((_, place) => place > 0 && learned[place]));
      for (const { ids } of windows) expect(ids.length).toBe(101);
    });
  });

  it("need enough tokens: the error has both numbers", async () => {
    await prepared({ sources: [sourceOf("cat", { format: "text" })] }, async ({ train }) => {
      const error = await rejectionOf(sampleWindows(train, { seed: 1, step: 0, batch: 1, context: 256 }));
      expect(error.code).toBe("resource");
      expect(error.message).toMatch(
        new RegExp(`train.tokens: ${train.length} tokens make no window of 256 and one`),
      );
    });
  });
});

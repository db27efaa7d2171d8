import { readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { type DataOptions, findSources, openData, TokenFile } from "../../src/data/index.ts";
import type { Tokenizer } from "../../src/tokenizer/index.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { sourceOf } from "./sources.ts";
import { plain, storyFolder } from "./story-folder.ts";

const { path, folder, prepared, storyTokenizer } = storyFolder();
let tokenizer: Tokenizer;

beforeAll(() => {
  tokenizer = storyTokenizer();
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

  it("of an earlier version are opened by a run that goes on, and by no other", async () => {
    const directory = folder();
    const sources = await findSources([path("stories.txt")]);
    const made = () => prepared({ sources, directory }, async ({ isReused }) => isReused);
    await made();
    for (const name of ["train.tokens", "valid.tokens"]) {
      const bytes = readFileSync(`${directory}/${name}`);
      bytes.writeUInt32LE(1, 8);
      bytes.fill(7, 56, 88); // the key of an earlier version
      writeFileSync(`${directory}/${name}`, bytes);
    }
    const opened = await openData(directory);
    expect(opened?.train.head.documents).toBe(200);
    await opened?.train.close();
    await opened?.valid.close();
    expect(await made()).toBe(false);
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

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { type HubSplit, splitFiles } from "../../src/hub/data-sets.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const file = temporaryFolder();

const FILES = [
  "datasets--o--words/snapshots/new/data/test-00001-of-00002.parquet",
  "datasets--o--words/snapshots/new/data/test-00000-of-00002.parquet",
  "datasets--o--words/snapshots/new/README.md",
  "datasets--o--words/snapshots/old/data/test.jsonl",
  "datasets--o--langs/snapshots/a/data/words_test_de.jsonl",
  "datasets--o--langs/snapshots/a/data/words_test.jsonl",
  "datasets--o--sets/snapshots/a/attest/train-00000-of-00001.parquet",
  "datasets--o--sets/snapshots/a/attest/test-00000-of-00001.parquet",
  "datasets--o--sets/snapshots/a/other/validation-00000-of-00001.parquet",
  "datasets--o--converted/snapshots/a/default/validation/0000.parquet",
  "datasets--o--converted/snapshots/a/default/validation/0001.parquet",
  "local/valid.jsonl.gz",
];

beforeAll(() => {
  for (const name of FILES) {
    mkdirSync(dirname(file(name)), { recursive: true });
    writeFileSync(file(name), "");
  }
  mkdirSync(file("datasets--o--words/refs"));
  writeFileSync(file("datasets--o--words/refs/main"), "new\n");
});

const found = (wanted: HubSplit, folder = file("")) =>
  splitFiles(folder, wanted).map((path) => relative(file(""), path).replaceAll("\\", "/"));

it("finds all parts of a split, in the snapshot that refs/main names", () => {
  expect(found({ repository: "o/words", split: "test" })).toEqual([FILES[1], FILES[0]]);
});

it("takes the table with the shortest name", () => {
  expect(found({ repository: "o/langs", split: "test" })).toEqual([FILES[5]]);
});

it("looks in the folder of the configuration, whose name is no split", () => {
  expect(found({ repository: "o/sets", config: "attest", split: "train" })).toEqual([FILES[6]]);
  expect(found({ repository: "o/sets", config: "attest", split: "validation" })).toEqual([]);
  expect(found({ repository: "o/sets", config: "other", split: "validation" })).toEqual([FILES[8]]);
});

it("knows converted data sets, and folders with a repository's files", () => {
  expect(found({ repository: "o/converted", split: "validation" })).toEqual([FILES[9], FILES[10]]);
  expect(found({ repository: "o/local", split: "validation" })).toEqual([FILES[11]]);
  expect(found({ repository: "o/local", split: "validation" }, join(file(""), "local"))).toEqual([FILES[11]]);
  expect(found({ repository: "o/none", split: "test" })).toEqual([]);
});

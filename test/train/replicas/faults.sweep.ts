/** A fault at every point of the outer step: no step is lost, no state is torn, and all replicas are equal. */
import { readFileSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { writeFile } from "../../../src/files/output-file.ts";
import {
  atEveryCall,
  diskFull,
  type Fault,
  failAt,
  failNamed,
  methodsOfFiles,
} from "../../fixtures/faults.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { live } from "./light-member.ts";

const file = temporaryFolder();

let handles: FileHandle;
let whole: Buffer;

const last = (folder: string) => readFileSync(file(folder, "outer-3.safetensors"));

/** Two replicas at a time. @returns the errors of both */
async function both(folder: string): Promise<string[]> {
  const lives = [1, 2].map((number) => live({ folder: file(folder), number, of: 2 }));
  return (await Promise.all(lives)).flat();
}

beforeAll(async () => {
  await writeFile(file("text"), "");
  handles = await methodsOfFiles(file("text"));
  expect(await both("whole")).toEqual([]);
  whole = last("whole");
});
afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

const places: readonly (readonly [string, (n: number) => Fault])[] = [
  ["write", (n) => failAt(handles, "write", n, diskFull)],
  ["sync", (n) => failAt(handles, "sync", n, diskFull)],
  ["rename", (n) => failNamed("rename", n, diskFull)],
  ["link", (n) => failNamed("link", n, diskFull)],
];

describe("replicas", { timeout: 600_000 }, () => {
  it.each(places)("end with the same bytes after a fault at any %s", async (name, fault) => {
    let runs = 0;
    const faults = await atEveryCall(fault, async (present) => {
      const folder = `${name}-${runs++}`;
      const errors = await both(folder);
      expect(errors.length).toBe(present.happened ? 1 : 0);
      for (const error of errors) expect(error).toContain("there is no room on the disk");
      expect(last(folder).equals(whole)).toBe(true);
    });
    expect(faults).toBeGreaterThan(5);
  });
});

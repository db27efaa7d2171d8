/** Full and slow disks, several leaders, clocks that lie: no step is lost, and all replicas are equal. */
import { readdirSync, readFileSync } from "node:fs";
import promises, { type FileHandle, utimes } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { writeFile } from "../../../src/files/output-file.ts";
import { diskFull, methodsOfFiles } from "../../fixtures/faults.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { TestRandom } from "../../reference/random.ts";
import { type LightMember, live } from "./light-member.ts";

const file = temporaryFolder();

let handles: FileHandle;
let whole: Buffer;

const last = (folder: string) => readFileSync(file(folder, "outer-3.safetensors"));

/** Two replicas at a time. @returns the errors of both */
async function both(folder: string, member: Partial<LightMember> = {}): Promise<string[]> {
  const lives = [1, 2].map((number) => live({ ...{ folder: file(folder), number, of: 2 }, ...member }));
  return (await Promise.all(lives)).flat();
}

function expectWhole(folder: string): void {
  expect(last(folder).equals(whole)).toBe(true);
  const names = readdirSync(file(folder));
  expect(names.filter((name) => name.startsWith("outer"))).toHaveLength(3);
  expect(names.filter((name) => /^(\.|replica)/.test(name))).toEqual([]);
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

describe("replicas", { timeout: 300_000 }, () => {
  it("wait on a full disk for room, one try after the other", async () => {
    let tries = 0;
    const write = handles.write as (...args: unknown[]) => Promise<unknown>;
    vi.spyOn(handles as unknown as { write: typeof write }, "write").mockImplementation(async function (
      this: unknown,
      ...args
    ) {
      tries++;
      if (tries > 12 && tries < 40) throw diskFull;
      return await write.apply(this, args);
    });
    expect((await both("full")).length).toBeGreaterThan(10);
    expectWhole("full");
  });

  it("all take the outer step where none has patience: the same bytes win", async () => {
    const lives = [1, 2].map((number) => live({ folder: file("leaders"), number, of: 2, patience: 0 }));
    expect((await Promise.all(lives)).flat()).toEqual([]);
    expectWhole("leaders");
  });

  it("bear a slow disk, on which everything overtakes everything", async () => {
    const random = new TestRandom(5);
    for (const name of ["write", "sync"] as const) {
      const own = handles[name] as (...args: unknown[]) => Promise<unknown>;
      vi.spyOn(handles as unknown as Record<string, typeof own>, name).mockImplementation(async function (
        this: unknown,
        ...args
      ) {
        await setTimeout(random.integer(30));
        return await own.apply(this, args);
      });
    }
    expect(await both("slow", { patience: 5 })).toEqual([]);
    expectWhole("slow");
  });

  it("do not care what time a file has, and what time it is", async () => {
    const random = new TestRandom(6);
    const link = promises.link;
    vi.spyOn(promises, "link").mockImplementation(async (from, to) => {
      const time = random.integer(4e9);
      vi.spyOn(Date, "now").mockReturnValue(random.integer(4e9) * 1000);
      await utimes(from, time, time);
      await link(from, to);
    });
    syncBuiltinESMExports();
    expect(await both("clocks")).toEqual([]);
    expectWhole("clocks");
  });
});

/** A fault at every write leaves files and directories as they were. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import promises, { type FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { mergeAdapters } from "../../src/convert/merge-adapters.ts";
import { quantizeModel } from "../../src/convert/quantize.ts";
import { writeFile } from "../../src/files/output-file.ts";
import { atEveryCall, diskFull, type Fault, failAt, failNamed, methodsOfFiles } from "../fixtures/faults.ts";
import { writeRandomDirectory } from "../fixtures/random-checkpoint.ts";
import { gpt2 } from "../fixtures/stored-config.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { writeAdapter } from "../weights/adapters/write-adapter.ts";

const file = temporaryFolder();

let handles: FileHandle;

beforeAll(async () => {
  writeRandomDirectory(file("gpt2"), gpt2);
  writeAdapter(file("adapter"), { "transformer.h.0.attn.c_attn": [3 * gpt2.nEmbd, gpt2.nEmbd] });
  await writeFile(file("old", "text"), "as it was");
  handles = await methodsOfFiles(file("old", "text"));
});
afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

const places: readonly (readonly [string, (n: number) => Fault])[] = [
  ["write", (n) => failAt(handles, "write", n, diskFull)],
  ["sync", (n) => failAt(handles, "sync", n, diskFull)],
  ["rename", (n) => failNamed("rename", n, diskFull)],
];

/** Fails with the words for a full disk exactly where the fault happens. */
async function expectFault(work: Promise<unknown>, fault: Fault, path: string): Promise<void> {
  const message = await work.then(
    () => "written",
    (error: Error) => error.message,
  );
  fault.end();
  if (!fault.happened) return expect(message).toBe("written");
  expect(message).toMatch(/: cannot be written: there is no room on the disk$/);
  expect(message).toContain(path);
}

describe.each(places)("a fault at any %s", (_, fault) => {
  it("leaves the file that is to be replaced", async () => {
    const faults = await atEveryCall(fault, async (present) => {
      await expectFault(writeFile(file("old", "text"), "new"), present, file("old"));
      expect(readdirSync(file("old"))).toEqual(["text"]);
      if (present.happened) expect(readFileSync(file("old", "text"), "utf8")).toBe("as it was");
    });
    expect(faults).toBeGreaterThan(0);
    await writeFile(file("old", "text"), "as it was");
  });

  it("of quantize leaves no file, and no directory that it made", async () => {
    let written = 0;
    await atEveryCall(fault, async (present) => {
      const output = file("made", `${written++}.gguf`);
      await expectFault(quantizeModel(file("gpt2"), output, "q8_0", { threads: 1 }), present, output);
      expect(existsSync(present.happened ? file("made") : output)).toBe(!present.happened);
    });
    expect(written).toBeGreaterThan(1);
    await promises.rm(file("made"), { recursive: true });
  });

  it.each(["merge", "quantize"])("of %s leaves no directory that it made", async (verb) => {
    let directories = 0;
    await atEveryCall(fault, async (present) => {
      const directory = file(`${verb} ${directories++}`);
      const work =
        verb === "merge"
          ? mergeAdapters(file("gpt2"), [{ path: file("adapter") }], directory, { threads: 1 })
          : quantizeModel(file("gpt2"), directory, "f16", { threads: 1 });
      await expectFault(work, present, directory);
      expect(existsSync(directory)).toBe(!present.happened);
      if (!present.happened) expect(readdirSync(directory)).toEqual(["config.json", "model.safetensors"]);
      await promises.rm(directory, { recursive: true, force: true });
    });
    expect(directories).toBeGreaterThan(1);
  });
});

import { existsSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { inProcess } from "../../cli/in-process.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const file = temporaryFolder();
writeFileSync(file("story.txt"), "The cat saw a dog and ran home. Then it slept until the next day.\n");

/** Files below a folder that this process has open. */
function openBelow(folder: string): string[] {
  const paths = readdirSync("/proc/self/fd").map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      return ""; // the descriptor of the list itself
    }
  });
  return paths.filter((path) => path.startsWith(folder));
}

it.skipIf(!existsSync("/proc/self/fd")).each([
  ["too few tokens", "--context 256 --valid-fraction 0", "make no window"],
  ["no document for validation", "--context 4 --valid-fraction 0.1", "too few documents"],
])("a run that is refused for %s leaves no file open", async (_, flags, problem) => {
  const out = file(`run-${problem.length}`);
  const sizes = "--layers 1 --heads 2 --width 16 --vocab-size 260 --steps 1 -t 1 -q".split(" ");
  const args = ["train", file("story.txt"), "-o", out, ...sizes, ...flags.split(" ")];
  const { status, stderr } = await inProcess(...args);
  expect(stderr).toContain(problem);
  expect(status).toBeGreaterThan(0);
  expect(openBelow(file("."))).toEqual([]);
});

/**
 * Two replicas, each a process that is killed with SIGKILL right before its n-th change of the folder that they
 * share: the first two writes of a file, a sync, a rename, a link or a removal. n grows by one with each life, so all of
 * them are reached. The last life ends by itself, with the bytes of replicas that nothing disturbed.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { root } from "../../habits/sources.ts";

const file = temporaryFolder();
const STEPS = 2;
const SIZES = ["--layers", "1", "--heads", "1", "--width", "16", "--context", "16", "--batch", "2"];
const RUN = ["--steps", String(STEPS), "--inner-steps", "1", "--tokenizer", "stories", "-t", "1", "-q"];
const RARELY = ["--sample-every", "0", "--eval-every", "100", "--valid-fraction", "0"];

/** Runs before the program. Its clock is fast: who waits for a dead leader waits for half a second. */
const KILLER = `
import promises from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
const [limit, folder] = [Number(process.env.KILL_BEFORE), process.env.KILL_IN];
let calls = 0;
const count = (path) => {
  if (String(path).startsWith(folder) && ++calls === limit) process.kill(process.pid, "SIGKILL");
};
for (const name of ["rename", "link", "unlink"]) {
  const own = promises[name];
  promises[name] = (...args) => { count(args[0]); return own(...args); };
}
const open = promises.open;
promises.open = async (path, ...args) => {
  const handle = await open(path, ...args);
  let writes = 0;
  for (const name of ["write", "sync"]) {
    const own = handle[name].bind(handle);
    handle[name] = (...args) => {
      if (name !== "write" || ++writes <= 2) count(path);
      return own(...args);
    };
  }
  return handle;
};
syncBuiltinESMExports();
const now = performance.now.bind(performance);
performance.now = () => 20 * now();
`;

/** @returns whether it came to its end */
async function live(folder: string, number: number, limit: number): Promise<boolean> {
  const run = file(`${folder}-${number}`);
  const own = ["-o", run, "--replica", `${number}/2`, "--outer-dir", file(folder)];
  const isBegun = existsSync(join(run, "train.json"));
  const args = isBegun ? ["--resume", run, "-q"] : [file("text.txt"), ...SIZES, ...RUN, ...RARELY, ...own];
  const child = spawn(process.execPath, [join(root, "bin/gpt.js"), "train", ...args], {
    env: {
      ...process.env,
      NODE_OPTIONS: `--import ${pathToFileURL(file("killer.mjs"))}`,
      KILL_BEFORE: String(limit),
      KILL_IN: file(folder, "/"),
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const [status, signal] = await once(child, "exit");
  expect(errors).toBe("");
  expect([0, null]).toContain(status);
  return signal === null;
}

async function lives(folder: string, number: number): Promise<number> {
  for (let limit = 1; ; limit++) if (await live(folder, number, limit)) return limit;
}

it("replicas that are killed at every call end with the same bytes", async () => {
  writeFileSync(file("killer.mjs"), KILLER);
  writeFileSync(file("text.txt"), "the cat saw a dog and the dog saw the cat. a cat is a cat.\n".repeat(60));
  await Promise.all([1, 2].map((number) => live("whole", number, 0)));
  const counts = await Promise.all([1, 2].map((number) => lives("killed", number)));
  const last = (folder: string) => readFileSync(file(folder, `outer-${STEPS}.safetensors`));
  expect(last("killed").equals(last("whole"))).toBe(true);
  for (const number of [1, 2]) {
    const weights = (folder: string) => readFileSync(file(`${folder}-${number}`, "model.safetensors"));
    expect(weights("killed").equals(weights("whole"))).toBe(true);
  }
  for (const count of counts) expect(count).toBeGreaterThan(8);
}, 120_000);

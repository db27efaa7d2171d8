import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs, {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { DIRECTORY_LOCK, lockDirectory, lockFile } from "../../../src/files/locks/lock.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const built = new URL("../../../dist/files/locks/lock.js", import.meta.url);

/** A process that runs a script with `lockDirectory` and `path`. */
function start(path: string, script: string): ChildProcess {
  const source = `import { lockDirectory } from ${JSON.stringify(built.href)};
    const path = ${JSON.stringify(path)}; ${script}`;
  return spawn(process.execPath, ["--input-type=module", "-e", source], {
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/**
 * Takes and releases the lock again and again, and dies at times. `held` is there while it holds the lock.
 */
const CONTENDER = `
  import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
  import { setTimeout } from "node:timers/promises";
  const end = Date.now() + 1500;
  for (let round = 0; Date.now() < end; round++) {
    try {
      const lock = await lockDirectory(path);
      mkdirSync(path + "/held");
      await setTimeout(2);
      rmdirSync(path + "/held");
      writeFileSync(path + "/done/" + process.pid + "-" + round, "");
      if (Math.random() < 0.1) process.kill(process.pid, "SIGKILL");
      lock[Symbol.dispose]();
    } catch (error) {
      if (error.code !== "usage") console.log(String(error));
      await setTimeout(Math.random() * 4);
    }
  }`;

/** A process that holds the lock of a directory until it is killed. */
async function startOwner(path: string): Promise<ChildProcess> {
  const owner = start(path, "await lockDirectory(path); console.log('locked'); setInterval(() => {}, 1000);");
  if (owner.stdout === null) throw new Error("no output");
  await once(owner.stdout, "data");
  return owner;
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

describe("lockDirectory", () => {
  const file = temporaryFolder();
  const directory = (name: string) => {
    mkdirSync(file(name));
    return file(name);
  };

  it("refuses a second owner and names the first, until the first releases it", async () => {
    const path = directory("once");
    {
      using _ = await lockDirectory(path);
      const { code, message } = await rejectionOf(lockDirectory(path));
      expect([code, message]).toEqual([
        "usage",
        `${path}: is being written by process ${process.pid}: wait for its end, or choose another place`,
      ]);
      expect(JSON.parse(readFileSync(join(path, DIRECTORY_LOCK), "utf8")).pid).toBe(process.pid);
    }
    expect(readdirSync(path)).toEqual([]);
    using _ = await lockDirectory(path);
  });

  it("takes over the lock of a process that was killed", async () => {
    const path = directory("killed");
    const owner = await startOwner(path);
    const { message } = await rejectionOf(lockDirectory(path));
    expect(message).toContain(`by process ${owner.pid}:`);
    await kill(owner);
    {
      using _ = await lockDirectory(path);
      expect(readdirSync(path)).toEqual([DIRECTORY_LOCK]);
    }
    expect(readdirSync(path)).toEqual([]);
  });

  it("is never held by two of many processes that start together, end and are killed", async () => {
    const path = directory("race");
    mkdirSync(join(path, "done"));
    const children = Array.from({ length: 6 }, () => start(path, CONTENDER));
    const problems: string[] = [];
    for (const { stdout } of children) stdout?.on("data", (data) => problems.push(String(data)));
    await Promise.all(children.map((child) => once(child, "close")));
    expect(problems).toEqual([]);
    expect(readdirSync(join(path, "done")).length).toBeGreaterThan(10);
    using _ = await lockDirectory(path);
    expect(readdirSync(path).sort()).toEqual([DIRECTORY_LOCK, "done"]);
  });

  it("is released when the process exits", async () => {
    const path = directory("exit");
    const child = start(path, "await lockDirectory(path); process.exit(0);");
    await once(child, "exit");
    expect(readdirSync(path)).toEqual([]);
  });

  it("does not take another process with the same id for its owner", async () => {
    if (!existsSync("/proc/self/stat")) return;
    const path = directory("reused");
    using _ = await lockDirectory(path);
    const content = JSON.parse(readFileSync(join(path, DIRECTORY_LOCK), "utf8"));
    const other = directory("other");
    writeFileSync(join(other, DIRECTORY_LOCK), JSON.stringify({ ...content, started: "long ago" }));
    using _2 = await lockDirectory(other);
  });

  it("counts an owner on another machine as alive, and says which file to remove", async () => {
    const path = directory("elsewhere");
    const lock = join(path, DIRECTORY_LOCK);
    const owner = { pid: 7, host: `${hostname()}-2`, namespace: "", started: "", token: "0123456789ab" };
    writeFileSync(lock, JSON.stringify(owner));
    const { message } = await rejectionOf(lockDirectory(path));
    expect(message).toContain(`by process 7 on ${hostname()}-2: `);
    expect(message).toContain(`; if that has ended, remove ${lock}`);
  });

  it.each(["", '{"pid":1}'])("takes over a damaged lock: %j", async (content) => {
    const path = directory(`damaged${content.length}`);
    writeFileSync(join(path, DIRECTORY_LOCK), content);
    using _ = await lockDirectory(path);
    expect(JSON.parse(readFileSync(join(path, DIRECTORY_LOCK), "utf8")).pid).toBe(process.pid);
  });

  it.each(["nowhere", "target"])(
    "takes over a symbolic link to %s, and leaves its target",
    async (target) => {
      const path = directory(`link-to-${target}`);
      writeFileSync(join(path, "target"), "kept");
      symlinkSync(target, join(path, DIRECTORY_LOCK));
      {
        using _ = await lockDirectory(path);
        expect(lstatSync(join(path, DIRECTORY_LOCK)).isFile()).toBe(true);
      }
      expect(readdirSync(path)).toEqual(["target"]);
      expect(readFileSync(join(path, "target"), "utf8")).toBe("kept");
    },
  );

  it.each([
    ["a directory", (lock: string) => mkdirSync(lock)],
    ["a pipe or a device", (lock: string) => execFileSync("mkfifo", [lock])],
  ])("refuses %s with the name of the lock", async (kind, make) => {
    const path = directory(kind.replaceAll(" ", "-"));
    const lock = join(path, DIRECTORY_LOCK);
    make(lock);
    expect(await rejectionOf(lockDirectory(path))).toMatchObject({
      code: "usage",
      message: `${path}: its lock ${lock} is ${kind}, expected a file: remove it`,
    });
    expect(readdirSync(path)).toEqual([DIRECTORY_LOCK]);
  });

  it("gives up on a lock that is taken and missing again and again", async () => {
    const path = directory("gone");
    const taken = vi.spyOn(fs, "linkSync").mockImplementation(() => {
      throw Object.assign(new Error("taken"), { code: "EEXIST", syscall: "link" });
    });
    syncBuiltinESMExports();
    try {
      const { code, message } = await rejectionOf(lockDirectory(path));
      const lock = join(path, DIRECTORY_LOCK);
      expect([code, message]).toEqual([
        "usage",
        `${path}: its lock ${lock} appears and vanishes: try again later`,
      ]);
      expect(taken).toHaveBeenCalledTimes(40);
    } finally {
      taken.mockRestore();
      syncBuiltinESMExports();
    }
    expect(readdirSync(path)).toEqual([]);
  });

  it("makes the directory, and removes it where nothing was written", async () => {
    const path = file("new", "deep");
    {
      using _ = await lockDirectory(path);
    }
    expect(existsSync(file("new"))).toBe(false);
    {
      using _ = await lockDirectory(path);
      writeFileSync(join(path, "model"), "");
    }
    expect(readdirSync(path)).toEqual(["model"]);
  });

  it("refuses what is no directory", async () => {
    writeFileSync(file("plain"), "");
    const { message } = await rejectionOf(lockDirectory(file("plain", "under")));
    expect(message).toContain("cannot be written: a part of its path is a file, not a directory");
  });
});

describe("lockFile", () => {
  const file = temporaryFolder();

  it("locks a file under all its names", async () => {
    const path = file("results.jsonl");
    symlinkSync("results.jsonl", file("link"));
    using lock = await lockFile(path);
    expect(lock).toBeDefined();
    for (const name of [path, file("link")]) {
      expect((await rejectionOf(lockFile(name))).message).toContain(`${name}: is being written by process`);
    }
    using _ = await lockFile(file("another.jsonl"));
    lock?.[Symbol.dispose]();
    using _2 = await lockFile(file("link"));
  });

  it("needs none for a device", async () => {
    expect(await lockFile("/dev/null")).toBeUndefined();
  });
});

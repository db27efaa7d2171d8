/** Limits that shared hosts and batch queues set: on address space and on threads. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const gpt = fileURLToPath(new URL("../../bin/gpt.js", import.meta.url));
const generate = "generate Once -n 3 --seed 1";
const TEXT = " upon a time\n";

/** Runs a command line of gpt in a shell that first sets a limit. */
function limited(limit: string, args: string, options: { uid?: number; nodeOptions?: string } = {}) {
  const command = `${limit} && exec "$NODE" "$GPT" ${args}`;
  const { uid, nodeOptions } = options;
  const env = {
    PATH: process.env.PATH ?? "",
    NODE: process.execPath,
    GPT: gpt,
    ...(nodeOptions && { NODE_OPTIONS: nodeOptions }),
  };
  const user = uid === undefined ? {} : { uid, gid: uid };
  const { status, stdout, stderr } = spawnSync("/bin/bash", ["--norc", "-c", command], {
    encoding: "utf8",
    env,
    ...user,
  });
  return { status, stdout, stderr };
}

const major = Number.parseInt(process.versions.node, 10);

describe.skipIf(process.platform !== "linux")("with 8 GB of address space", () => {
  const limit = "ulimit -v 8000000";

  // Newer ones reserve less for a memory: where it does not fit, V8 itself finds no room either.
  it.skipIf(major >= 24)("a command that computes says what to raise", () => {
    expect(limited(limit, generate)).toEqual({
      status: 5,
      stdout: "",
      stderr:
        "gpt: not enough address space for WebAssembly (ulimit -v): raise it, or set NODE_OPTIONS=--disable-wasm-trap-handler\n",
    });
  });

  it("its advice works", () => {
    const result = limited(limit, generate, { nodeOptions: "--disable-wasm-trap-handler" });
    expect(result).toEqual({ status: 0, stdout: TEXT, stderr: "" });
  });

  it.each(["--help", "--version", "inspect", "tokenize hi", "models"])(
    "gpt %s needs no memory of the kernels",
    (args) => {
      expect(limited(limit, args)).toMatchObject({ status: 0, stderr: "" });
    },
  );
});

/** Only root may run a program as another user, and limits of root's processes do not count. */
const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stderr.write("skipped, it needs root: a limit of threads\n");

describe.skipIf(!isRoot || process.platform !== "linux")("with too few threads", () => {
  const NOBODY = 65_534;

  it.each([13, 14, 20])("of %i, generation goes on with those that started", (threads) => {
    const result = limited(`ulimit -u ${threads}`, `${generate} -t 8`, { uid: NOBODY });
    expect(result).toEqual({ status: 0, stdout: TEXT, stderr: "" });
  });
});

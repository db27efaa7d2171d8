import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { root, textOf } from "./sources.ts";

const programs = readdirSync(join(root, "examples")).filter((name) => name.endsWith(".js"));

describe.concurrent("examples", () => {
  it.each(programs)("%s runs", async (name) => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(root, "examples", name)]);
    expect(stdout).not.toBe("");
    expect(stderr).toBe("");
  });

  it("have a row each in their table", () => {
    expect(programs.filter((name) => !textOf("examples/README.md").includes(`(${name})`))).toEqual([]);
  });
});

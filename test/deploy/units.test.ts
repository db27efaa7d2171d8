import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../habits/sources.ts";

const program = "systemd-analyze";
const isMissing = spawnSync(program, ["--version"]).error !== undefined;
if (isMissing) process.stderr.write(`test/deploy: the units of systemd are not verified: no ${program}\n`);

describe.skipIf(isMissing)("the units of systemd", () => {
  it("are as systemd has them", () => {
    const units = ["gpt.socket", "gpt.service"].map((name) => join(root, "deploy/systemd", name));
    const { status, stderr } = spawnSync(program, ["verify", ...units], { encoding: "utf8" });
    expect([stderr, status]).toEqual(["", 0]);
  });
});

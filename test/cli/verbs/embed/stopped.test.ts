import { appendFileSync, cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Encoder } from "../../../../src/library/encoder.ts";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { root } from "../../../habits/sources.ts";
import { inProcess } from "../../in-process.ts";

const file = temporaryFolder();
const lines = file("lines.txt");
writeFileSync(lines, Array.from({ length: 40 }, (_, i) => `text ${i % 39}\n`).join(""));
const embed = (...more: readonly string[]) =>
  inProcess("embed", "-m", join(root, "models/stories"), "--lines", "-f", lines, "-t", "1", "-q", ...more);

/** The texts of calls that are answered; the last one fails. */
function failAfter(calls: number): string[] {
  const seen: string[] = [];
  const own = Encoder.prototype.embed;
  let left = calls;
  vi.spyOn(Encoder.prototype, "embed").mockImplementation(function (this: Encoder, texts, options) {
    if (left-- === 0) throw new Error("power cut");
    seen.push(...texts);
    return own.call(this, texts, options);
  });
  return seen;
}

afterEach(() => void vi.restoreAllMocks());

describe("gpt embed, again", () => {
  it.each([
    ["-o", ["--json"]],
    ["--npy", []],
    ["-o", ["--shard", "1/1"]],
  ])("goes on with what a run to %s %j had done", async (flag, more) => {
    const [whole, cut] = [file(`whole${flag}${more.length}`), file(`cut${flag}${more.length}`)];
    expect((await embed(flag, whole, ...more)).status).toBe(0);
    expect(existsSync(`${whole}.journal`)).toBe(false);
    failAfter(1);
    expect((await embed(flag, cut, ...more)).status).not.toBe(0);
    expect([existsSync(cut), existsSync(`${cut}.journal`)]).toEqual([false, true]);
    vi.restoreAllMocks();
    const seen = failAfter(9);
    expect((await embed(flag, cut, ...more)).status).toBe(0);
    expect(seen).toEqual(["text 32", "text 33", "text 34", "text 35", "text 36", "text 37", "text 38"]);
    expect(readFileSync(cut)).toEqual(readFileSync(whole));
    expect(existsSync(`${cut}.journal`)).toBe(false);
  });

  it("refuses to go on with other settings, and keeps nothing where nothing was done", async () => {
    const cut = file("other");
    failAfter(1);
    await embed("-o", cut);
    vi.restoreAllMocks();
    expect((await embed("-o", cut, "-c", "8")).stderr).toContain("other.journal: holds something else");
    failAfter(0);
    await embed("-o", file("nothing"));
    expect(readFileSync(file("nothing.journal"), "utf8").split("\n").length).toBe(2);
  });

  it("does not go on with another model in the same place", async () => {
    const [model, cut] = [file("model"), file("of-model")];
    cpSync(join(root, "models/stories"), model, { recursive: true });
    const run = () => inProcess("embed", "-m", model, "--lines", "-f", lines, "-t", "1", "-q", "-o", cut);
    failAfter(1);
    await run();
    vi.restoreAllMocks();
    appendFileSync(join(model, "config.json"), "\n");
    expect((await run()).stderr).toContain("of-model.journal: holds something else, or another run");
  });
});

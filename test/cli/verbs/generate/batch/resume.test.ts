import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../../fixtures/temporary.ts";
import { gpt, gptWith } from "../../../gpt.ts";
import { bin, killed, lineCount, thousandRequests, zeroBatch } from "./batch-process.ts";

const file = temporaryFolder();

function written(name: string, text: string | Uint8Array): string {
  writeFileSync(file(name), text);
  return file(name);
}

describe("gpt generate --resume", () => {
  let batch: string[] = [];
  /** The path of a thousand requests. */
  let thousand = "";
  beforeAll(() => {
    batch = zeroBatch(file("zero"));
    thousand = written("thousand.jsonl", thousandRequests());
  });

  it("loses nothing when it is killed and resumed", async () => {
    const [whole, cut] = [file("whole.jsonl"), file("cut.jsonl")];
    const uninterrupted = await gpt(...batch, "-f", thousand, "-o", whole);
    expect(uninterrupted).toMatchObject({ status: 1, stdout: "" });

    await killed([...batch, "-o", cut], readFileSync(thousand, "utf8"), cut, "SIGKILL");
    const written = lineCount(cut);
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(1000);
    appendFileSync(cut, '{"id":'); // torn, as by a disk that was full
    const resumed = await gptWith({ input: readFileSync(thousand) }, ...batch, "--resume", cut);
    expect(resumed).toMatchObject({ status: 1, stdout: "" });
    expect(resumed.stderr).toMatch(/^1,000 lines, 10 failed: /);
    expect(readFileSync(cut, "utf8")).toBe(readFileSync(whole, "utf8"));
    expect(lineCount(cut)).toBe(1000);

    expect(await gpt(...batch, "-f", thousand, "--resume", cut)).toMatchObject({ status: 1 });
    expect(readFileSync(cut, "utf8")).toBe(readFileSync(whole, "utf8"));
    const [first = ""] = readFileSync(thousand, "utf8").split("\n", 1);
    const other = await gptWith({ input: Buffer.from(first) }, ...batch, "--resume", cut);
    expect(other).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("1,000 results, the input only 1 line:"),
    });
    expect(lineCount(cut)).toBe(1000);
  });

  it("resumes only the results of its input", async () => {
    const path = file("theirs.jsonl");
    const lines = ['{"id":"a","ids":[1]}', '{"id":"b","ids":[2]}', "{}", '{"ids":[3]}'];
    const inputOf = (...lines: string[]) => ({ input: Buffer.from(lines.join("\n")) });
    await gptWith(inputOf(...lines), ...batch, "-o", path);
    const before = readFileSync(path, "utf8");
    const [a = "", b = "", wrong = "", unnamed = ""] = lines;
    const others: readonly [lines: string[], at: number][] = [
      [[b, a, wrong, unnamed], 1],
      [[a, b, wrong, '{"ids":[4]}'], 4],
    ];
    for (const [other, at] of others) {
      const { status, stderr } = await gptWith(inputOf(...other), ...batch, "--resume", path);
      const problem = `line ${at} has another id or prompt than line ${at} of the input`;
      expect([status, stderr]).toEqual([2, expect.stringContaining(problem)]);
      expect(readFileSync(path, "utf8")).toBe(before);
    }
    const resumed = await gptWith(inputOf(...lines, '{"ids":[4]}'), ...batch, "--resume", path);
    expect(resumed.stderr).toMatch(/^5 lines, 1 failed: its result says why · /);
    expect(readFileSync(path, "utf8").startsWith(before)).toBe(true);
    expect(lineCount(path)).toBe(5);
  });

  it("goes on with the same settings only, and replaces no results", async () => {
    const path = file("settings.jsonl");
    const lines = (count: number) => ({
      input: Buffer.from(Array.from({ length: count }, (_, i) => `{"ids":[${i}]}`).join("\n")),
    });
    const run = (count: number, ...flags: string[]) => gptWith(lines(count), ...batch, ...flags);
    expect(await run(2, "-o", path)).toMatchObject({ status: 0 });
    const before = readFileSync(path, "utf8");
    const settings = expect.stringContaining("line 1 was written with another model or other settings");
    const refusals: readonly [flags: string[], problem: unknown][] = [
      [["-o", path], expect.stringContaining("holds 2 results: --resume goes on after them")],
      [["--resume", path, "--seed", "4"], expect.stringContaining("line 1 has another seed")],
      [["--resume", path, "-n", "4"], settings],
      [["--resume", path, "--echo"], settings],
    ];
    for (const [flags, problem] of refusals) {
      expect(await run(4, ...flags)).toMatchObject({ status: 2, stdout: "", stderr: problem });
      expect(readFileSync(path, "utf8")).toBe(before);
    }
    // A file of an earlier version has no fingerprints.
    writeFileSync(path, before.replaceAll(/,"settings":"\w+"/g, ""));
    expect(await run(4, "--resume", path, "--temp", "0.8", "--lookup", "2")).toMatchObject({ status: 0 });
    expect(await run(4, "--resume", path)).toMatchObject({ status: 0 });
    expect(lineCount(path)).toBe(4);
  });

  it("refuses a second run on its file, which names the first", async () => {
    const path = file("twice.jsonl");
    const first = spawn(process.execPath, [bin, ...batch, "-o", path], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    const closed = once(first, "close");
    first.stdin.write('{"ids":[1]}\n');
    while (lineCount(path) < 1 && first.exitCode === null) await setTimeout(10);
    for (const flag of ["-o", "--resume"]) {
      const second = await gptWith({ input: Buffer.from('{"ids":[2]}') }, ...batch, flag, path);
      expect(second.status).toBe(2);
      expect(second.stderr).toContain(`${path}: is being written by process ${first.pid}`);
    }
    first.stdin.end();
    expect(await closed).toEqual([0, null]);
    expect(lineCount(path)).toBe(1);
  });

  it("stops with Ctrl-C between lines, and says how to go on", async () => {
    const out = file("interrupted.jsonl");
    const { status, stderr } = await killed(
      [...batch, "-o", out],
      readFileSync(thousand, "utf8"),
      out,
      "SIGINT",
    );
    expect([status, stderr]).toEqual([
      130,
      `stopped after ${lineCount(out)} lines; --resume ${out} goes on after them\n`,
    ]);
    expect(readFileSync(out, "utf8")).toMatch(/\n$/);
  });
});

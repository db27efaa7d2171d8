import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../../fixtures/temporary.ts";
import { writeZeroGpt2 } from "../../../../fixtures/zero-gpt2.ts";
import { type Finished, gpt, gptWith, shell } from "../../../gpt.ts";
import { results } from "./written-results.ts";

const file = temporaryFolder();

function written(name: string, text: string | Uint8Array): string {
  writeFileSync(file(name), text);
  return file(name);
}

describe.concurrent("gpt generate --jsonl", () => {
  /** Takes ids only, and is fast: uniform noise, so that a seed says all. */
  let batch: string[] = [];
  /** A thousand requests; some are wrong. */
  let thousand = "";
  beforeAll(() => {
    const sizes = { n_layer: 1, n_head: 1, n_embd: 8, n_positions: 16, vocab_size: 50 };
    batch = [
      "generate",
      "--jsonl",
      "-m",
      writeZeroGpt2(file("zero"), sizes),
      "--seed",
      "3",
      "-n",
      "3",
      "-t",
      "1",
    ];
    const lines = Array.from({ length: 1000 }, (_, i) =>
      i % 100 === 50 ? '{"ids": [99]}' : JSON.stringify({ id: i, ids: [1, i % 50] }),
    );
    thousand = written("thousand.jsonl", lines.join("\n"));
  });

  it("writes a line for each, in order, and goes on after those that are wrong", async () => {
    const lines = [
      '{"ids":[1],"id":"a"}',
      '{"ids":[1],"id":"b","top":1}',
      "",
      '{"ids":[1],"id":null,"n_predict":1}',
    ];
    const input = Buffer.from(`${lines.join("\r\n")}\r\n`);
    const { status, stdout, stderr } = await gptWith({ input }, ...batch);
    const [a, b, empty, last] = results(stdout);
    expect(results(stdout)).toHaveLength(4);
    expect([a?.id, a?.ids?.length]).toEqual(["a", 3]);
    expect(b).toEqual({ id: "b", error: { code: "usage", message: expect.stringContaining("top_k") } });
    expect(empty?.error?.message).toContain("an empty line");
    expect([last?.id, last?.ids]).toEqual([null, a?.ids?.slice(0, 1)]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^4 lines, 2 failed: .*\n$/);
  });

  it("says that it waits for a silent pipe, unless it should be quiet", async () => {
    const line = `gpt ${batch.join(" ")}`;
    const said = file("said.txt");
    const request = `echo '{"ids":[1]}'`;
    const [waited, quiet] = await Promise.all([
      shell(`(until [ -s ${said} ]; do sleep 0.05; done; ${request}) | ${line} 2> ${said}`),
      shell(`(sleep 2; ${request}) | ${line} -q`),
    ]);
    expect(readFileSync(said, "utf8")).toBe("waiting for standard input (--no-stdin if none is meant)\n");
    expect(waited).toMatchObject({ status: 0, stdout: expect.stringMatching(/./) });
    expect(quiet).toEqual(waited);
  });

  it("stops with Ctrl-C while it waits for the first line", async () => {
    const stopped = await gptWith({ input: "open", signal: "SIGINT" }, ...batch);
    expect(stopped).toMatchObject({ status: 130, stdout: "" });
    expect(stopped.stderr).toMatch(/^waiting for standard input .*\n$/);
  });

  it("has nothing to say about nothing", async () => {
    expect(await gptWith({ input: Buffer.of() }, ...batch, "-f", "-")).toEqual({
      status: 0,
      stdout: "",
      stderr: "",
    });
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

  it("stops with Ctrl-C while it waits for a line", async () => {
    const child = spawn(process.execPath, [bin, ...batch], { stdio: ["pipe", "pipe", "ignore"] });
    child.stdin.write('{"ids": [1]}\n');
    const [first] = await once(child.stdout, "data");
    expect(String(first)).toMatch(/\n$/); // answered before the input has ended
    child.kill("SIGINT");
    expect(await once(child, "close")).toEqual([130, null]);
  });

  it.skipIf(spawnSync("script", ["--version"]).status !== 0)(
    "shows how far it is on a terminal, unless the lines themselves go there",
    async () => {
      const onTerminal = (line: string) =>
        shell(
          `export -f gpt; SHELL=$BASH script -qec 'stty cols 80; gpt ${batch.join(" ")} ${line}' /dev/null`,
        );
      const { stdout: both } = await onTerminal(`-f ${thousand}`);
      expect(both).toContain('{"id":999,');
      expect(both).not.toContain("lines 0");
      const { stdout: progress } = await onTerminal(`-f ${thousand} > ${file("progress.jsonl")}`);
      expect(progress).toMatch(/lines [\d,]+\/1,000/);
    },
  );

  it("never writes over its input", async () => {
    const path = written("same.jsonl", '{"ids":[1]}\n');
    for (const line of [`-f "${path}" -o "${path}"`, `-o "${path}" < "${path}"`]) {
      const { status, stderr } = await shell(`gpt generate --jsonl -m "${file("zero")}" ${line}`);
      expect([status, stderr]).toEqual([2, expect.stringContaining("is the input too")]);
    }
    expect(readFileSync(path, "utf8")).toBe('{"ids":[1]}\n');
  });

  it("ends where nothing can be written, and is quiet where the reader has gone", async () => {
    const line = `gpt ${batch.join(" ")} -f ${thousand}`;
    const [full, fullFile, head] = await Promise.all([
      shell(`${line} > /dev/full`),
      shell(`${line} -o /dev/full`),
      shell(`${line} | head -c 10`),
    ]);
    expect(full).toMatchObject({
      status: 5,
      stderr: expect.stringMatching(/^gpt: cannot write .*ENOSPC.*\n$/),
    });
    expect(fullFile).toMatchObject({
      status: 5,
      stderr: expect.stringMatching(/^gpt: cannot write .*ENOSPC.*\n$/),
    });
    expect(head).toMatchObject({ status: 0, stderr: "" });
  });
});

const bin = fileURLToPath(new URL("../../../../../bin/gpt.js", import.meta.url));

const lineCount = (path: string): number =>
  existsSync(path) ? readFileSync(path, "utf8").split("\n").length - 1 : 0;

/** Runs `gpt` with the start of an input that has no end, and ends it once the file has a hundred lines. */
async function killed(
  args: readonly string[],
  input: string,
  path: string,
  signal: NodeJS.Signals,
): Promise<Omit<Finished, "stdout">> {
  const child = spawn(process.execPath, [bin, ...args], { stdio: ["pipe", "ignore", "pipe"] });
  const closed = once(child, "close");
  child.stdin.on("error", () => {}).write(input.split("\n", 500).join("\n"));
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  while (lineCount(path) < 100 && child.exitCode === null) await setTimeout(2);
  child.kill(signal);
  const [status] = await closed;
  return { status, stderr };
}

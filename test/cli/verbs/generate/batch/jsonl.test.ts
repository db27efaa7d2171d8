import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../../fixtures/temporary.ts";
import { gptWith, shell } from "../../../gpt.ts";
import { bin, thousandRequests, zeroBatch } from "./batch-process.ts";
import { results } from "./written-results.ts";

const file = temporaryFolder();

function written(name: string, text: string | Uint8Array): string {
  writeFileSync(file(name), text);
  return file(name);
}

describe.concurrent("gpt generate --jsonl", () => {
  let batch: string[] = [];
  /** The path of a thousand requests. */
  let thousand = "";
  beforeAll(() => {
    batch = zeroBatch(file("zero"));
    thousand = written("thousand.jsonl", thousandRequests());
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
      stderr: expect.stringMatching(/^gpt: cannot write .*: there is no room on the disk\n$/),
    });
    expect(fullFile).toMatchObject({
      status: 5,
      stderr: expect.stringMatching(/^gpt: cannot write .*: there is no room on the disk\n$/),
    });
    expect(head).toMatchObject({ status: 0, stderr: "" });
  });
});

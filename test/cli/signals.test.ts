import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gptWith, shell } from "./gpt.ts";
import { writeZeroModel } from "./zero-model.ts";

describe.concurrent("gpt, told to stop", () => {
  let model = "";
  beforeAll(() => {
    model = writeZeroModel();
  });
  afterAll(() => rmSync(model, { recursive: true }));

  it.each([0, 80, 160, 240, 320, 480, 640])("does so at any moment: %d ms after its start", async (after) => {
    const prompt = Array(3000).fill("1").join(",");
    const args = ["generate", "-m", model, "--ids", prompt, "-n", "1000"];
    const { status, stdout, stderr } = await gptWith({ signal: "SIGINT", after }, ...args);
    expect([130, null]).toContain(status); // null before gpt listens: the system ends it
    expect(stdout).toMatch(/^(\d+\n)*$/);
    expect(stderr).toBe("");
  });

  it("does so while it waits for text", async () => {
    for (const [signal, expected] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const) {
      const { status, stdout } = await gptWith({ input: "open", signal }, "generate");
      expect([status, stdout]).toEqual([expected, ""]);
    }
  });

  it("keeps what a file is to hold, where its terminal is closed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "gpt-signals-"));
    const out = join(folder, "out.txt");
    const endless = ["-n", "1000000", "--ignore-eos", "--overflow", "shift"];
    const args = ["generate", "-m", model, "--ids", "1", ...endless, "-o", out];
    const { status } = await gptWith({ signal: "SIGHUP", after: 2000 }, ...args);
    expect(status).toBeNull(); // by the signal, which shells call 129
    expect(readdirSync(folder)).toEqual(["out.txt"]);
    expect(readFileSync(out, "utf8")).toMatch(/^(\d+\n)+$/);
    rmSync(folder, { recursive: true });
  });

  it("writes a whole record of what there is", async () => {
    const args = ["generate", "-m", model, "--ids", "1", "-n", "4000", "--json", "-vv"];
    const { status, stdout } = await gptWith({ signal: "SIGINT" }, ...args);
    expect(status).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ finish_reason: "interrupted" });
  });
});

describe.concurrent("gpt, with its streams closed or full", () => {
  it("runs where a descriptor is closed", async () => {
    const version = { status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: "" };
    expect(await shell("gpt --version <&-")).toEqual(version);
    expect(await shell("gpt --version 2>&-")).toEqual(version);
    expect(await shell("gpt --version >&-")).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(await shell("gpt nonsense <&- >&- 2>&-")).toEqual({ status: 2, stdout: "", stderr: "" });
  });

  it("keeps its status where nobody hears why", async () => {
    expect(await shell("gpt nonsense 2> /dev/full")).toEqual({ status: 2, stdout: "", stderr: "" });
    expect(await shell("gpt nonsense 2>&1 > /dev/null | true")).toMatchObject({ status: 2, stdout: "" });
    expect(await shell("gpt generate x -n 1 -s 1 -v 2> /dev/full | wc -l")).toMatchObject({ status: 0 });
  });

  it("fails where its product cannot be written, whatever the command", async () => {
    for (const command of ["tokenize x", "inspect --json", "completion bash", "help exit-codes"]) {
      const { status, stderr } = await shell(`gpt ${command} > /dev/full`);
      expect([command, status]).toEqual([command, 5]);
      expect(stderr).toBe("gpt: cannot write to standard output: there is no room on the disk\n");
    }
  });

  it("writes all of a long product to a slow reader", async () => {
    const words = 60_000; // half a megabyte of ids: many times what a pipe holds
    const line = `printf 'a b %.0s' {1..${words}} | gpt tokenize --json | (sleep 0.3; wc -c)`;
    const { status, stdout } = await shell(line);
    expect(status).toBe(0);
    expect(Number(stdout)).toBeGreaterThan(8 * words);
    const parsed = await shell(`${line.split("| (")[0]} | tail -c 3 | od -An -c`);
    expect(parsed.stdout.replace(/\s+/g, " ")).toBe(" ] } \\n ");
  });
});

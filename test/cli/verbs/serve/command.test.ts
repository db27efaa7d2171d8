import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../../habits/sources.ts";
import { inProcess } from "../../in-process.ts";

/** Starts `gpt serve`, and waits for its address. */
async function started(...args: readonly string[]) {
  const child = spawn(process.execPath, [join(root, "bin/gpt.js"), "serve", "--port", "0", ...args]);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  while (!stderr.includes("listens at") && child.exitCode === null) await once(child.stderr, "data");
  const [url = ""] = /http:\S+/.exec(stderr) ?? [];
  return { child, url, ended, stderr: () => stderr };
}

describe.concurrent("gpt serve", () => {
  it("answers until it is told to end, and ends well", async () => {
    const { child, url, ended, stderr } = await started("--alias", "tiny", "--temp", "0");
    expect(stderr()).toMatch(/^tiny listens at http:\/\/127\.0\.0\.1:\d+\n$/);
    const body = JSON.stringify({ prompt: "Once upon a", max_tokens: 4 });
    const headers = { "content-type": "application/json" };
    const ask = () => fetch(`${url}/v1/completions`, { method: "POST", headers, body });
    const texts = await Promise.all([ask(), ask()].map(async (reply) => (await reply).json()));
    expect(texts[0]).toMatchObject({ model: "tiny", choices: [{ text: " time, there was" }] });
    expect((texts[1] as { choices: object }).choices).toEqual((texts[0] as { choices: object }).choices);
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
    expect(stderr()).toMatch(/ending\n$/);
  });
});

describe("gpt serve", () => {
  it("does not listen beyond this machine without a key", async () => {
    const refused = await inProcess("serve", "--host", "0.0.0.0");
    expect(refused).toMatchObject({ status: 2, stdout: "" });
    expect(refused.stderr).toContain("0.0.0.0 is an address that others reach: give a key (--api-key)");
  });

  it("says that its port is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    const refused = await inProcess("serve", "--port", String(port), "-q");
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain(`port ${port} is taken at 127.0.0.1: choose another (--port)`);
    other.close();
    expect((await inProcess("serve", "--port", "70000")).stderr).toContain("from 0 to 65535");
  });
});

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { root } from "../../../habits/sources.ts";
import { inProcess } from "../../in-process.ts";

const bin = join(root, "bin/gpt.js");
const file = temporaryFolder();

/** Waits for the address of `gpt serve`. */
async function started(child: ChildProcess) {
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  while (!stderr.includes("listens at") && child.exitCode === null) await setTimeout(20);
  const [, url = ""] = /listens at (\S+)/.exec(stderr) ?? [];
  return { child, url, ended, stderr: () => stderr };
}

const startServe = (...args: readonly string[]) => started(spawn(process.execPath, [bin, "serve", ...args]));

/** The status of a request to a socket file. */
const statusAt = (socketPath: string, path: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    get({ socketPath, path }, ({ statusCode }) => resolve(statusCode)).once("error", reject);
  });

describe.concurrent("gpt serve", () => {
  it("answers until it is told to end, and ends well", async () => {
    const { child, url, ended, stderr } = await startServe("--port", "0", "--alias", "tiny", "--temp", "0");
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

  it("listens at a socket file, and takes the place of a server that was killed", async () => {
    const path = file("gpt.sock");
    const first = await startServe("--listen", `unix:${path}`);
    expect(first.stderr()).toBe(`stories listens at unix:${path}\n`);
    expect(statSync(path).mode & 0o777).toBe(0o660);
    expect(await statusAt(path, "/v1/models")).toBe(200);
    const refused = await inProcess("serve", "--listen", `unix:${path}`);
    expect(refused).toMatchObject({ status: 2, stdout: "" });
    expect(refused.stderr).toContain(`${path} is taken: choose another socket file (--listen)`);
    first.child.kill("SIGKILL");
    await first.ended;
    const second = await startServe("--listen", `unix:${path}`);
    expect(await statusAt(path, "/readyz")).toBe(200);
    second.child.kill("SIGTERM");
    expect(await second.ended).toEqual([0, null]);
    expect(existsSync(path)).toBe(false);
  });

  it.skipIf(process.platform === "win32")(
    "takes the socket of systemd, and tells it its states",
    async () => {
      const folder = file("bin");
      mkdirSync(folder);
      const told = file("told");
      writeFileSync(join(folder, "systemd-notify"), `#!/bin/sh\necho "$@" >> "${told}"\n`, { mode: 0o755 });
      const socket = createServer().listen(0, "127.0.0.1");
      await once(socket, "listening");
      const { port } = socket.address() as AddressInfo;
      const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
      // As systemd does: the environment names the process that the socket is for.
      const script = 'LISTEN_PID=$$ LISTEN_FDS=1 WATCHDOG_PID=$$ exec "$@"';
      const env = {
        ...process.env,
        ...{ NOTIFY_SOCKET: "/run/none", WATCHDOG_USEC: "200000", PATH: `${folder}:${process.env.PATH}` },
      };
      const args = ["-c", script, "sh", process.execPath, bin, "serve"];
      const running = spawn("sh", args, { env, stdio: ["ignore", "ignore", "pipe", fd] });
      socket.close(); // this process must take none of its connections
      const { child, url, ended } = await started(running);
      expect(url).toBe(`http://127.0.0.1:${port}`);
      expect((await fetch(`${url}/v1/models`)).status).toBe(200);
      const lines = () => readFileSync(told, "utf8").trim().split("\n");
      while (!existsSync(told) || !lines().includes("WATCHDOG=1")) await setTimeout(20);
      child.kill("SIGTERM");
      expect(await ended).toEqual([0, null]);
      while (!lines().includes("STOPPING=1")) await setTimeout(20);
      expect(lines()[0]).toBe(`READY=1 STATUS=stories listens at ${url}`);
    },
  );
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

  it("takes one place to listen at", async () => {
    const both = await inProcess("serve", "--listen", `unix:${file("a.sock")}`, "--port", "0");
    expect(both.stderr).toContain("--listen stands for an address and a port: leave --host and --port out");
    const other = await inProcess("serve", "--listen", "tcp:1");
    expect(other.stderr).toContain('--listen: expected unix:PATH, found "tcp:1"');
    const nowhere = await inProcess("serve", "--listen", `unix:${file("none/a.sock")}`);
    expect(nowhere).toMatchObject({ status: 2 });
    expect(nowhere.stderr).toContain("its folder is missing or not for this user");
    writeFileSync(file("a.txt"), "kept");
    expect((await inProcess("serve", "--listen", `unix:${file("a.txt")}`)).stderr).toContain("is taken");
    expect(readFileSync(file("a.txt"), "utf8")).toBe("kept");
  });
});

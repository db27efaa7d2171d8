/** Replicas of `gpt serve` behind the nginx of deploy/, for the time of a test. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { root } from "../habits/sources.ts";

/** The addresses of deploy/nginx/gpt.conf. */
const PORT = 8080;
const REPLICAS: readonly number[] = [8081, 8082, 8083];
/** Ports of the test lie this much higher. */
const OFFSET = 20_000;

export class Replicas implements AsyncDisposable {
  readonly url = `http://127.0.0.1:${PORT + OFFSET}`;
  readonly processes: readonly ChildProcess[];
  readonly #nginx: ChildProcess;

  /** Why nginx cannot run here; undefined if it can. */
  static missing(): string | undefined {
    return spawnSync("nginx", ["-v"]).error === undefined ? undefined : "nginx is not installed";
  }

  /** @param folder an empty one */
  constructor(folder: string, ...args: readonly string[]) {
    this.processes = REPLICAS.map((port) => {
      const all = ["serve", "--port", String(port + OFFSET), "--simd", "plain", "-q", ...args];
      return spawn(process.execPath, [join(root, "bin/gpt.js"), ...all], { stdio: "inherit" });
    });
    const own = readFileSync(join(root, "deploy/nginx/gpt.conf"), "utf8");
    const moved = own.replaceAll(
      /(127\.0\.0\.1:)(\d+)/g,
      (_, host, port) => `${host}${Number(port) + OFFSET}`,
    );
    mkdirSync(join(folder, "temporary"));
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${folder}/temporary/${name};`,
    );
    const path = join(folder, "nginx.conf");
    writeFileSync(
      path,
      `daemon off;
error_log ${folder}/error.log;
pid ${folder}/nginx.pid;
worker_processes 1;
events { worker_connections 1024; }
http {
${temporary.join("\n")}
log_format replicas '$status $upstream_addr $upstream_status';
access_log ${folder}/access.log replicas;
${moved}
}
`,
    );
    execFileSync("nginx", ["-t", "-q", "-c", path, "-e", join(folder, "error.log")]);
    this.#nginx = spawn("nginx", ["-c", path, "-e", join(folder, "error.log")], { stdio: "inherit" });
  }

  /** Resolves once all replicas take requests. */
  async ready(): Promise<void> {
    for (const port of REPLICAS) await this.#answers(`http://127.0.0.1:${port + OFFSET}/readyz`);
    await this.#answers(`${this.url}/readyz`);
  }

  async #answers(url: string): Promise<void> {
    while (!(await fetch(url).catch(() => undefined))?.ok) await setTimeout(50);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [...this.processes, this.#nginx]) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGTERM");
      await once(child, "exit");
    }
  }
}

/**
 * A person at a terminal: `script` (util-linux) gives a command line a terminal of its own, which tests type
 * into.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../../../../../bin/gpt.js", import.meta.url));

export const hasScript = spawnSync("script", ["--version"]).status === 0;

const PATIENCE_MS = 10_000;

export class PseudoTerminal {
  readonly #child: ChildProcess;
  /** What the terminal was sent and no `until` has found yet. */
  #unread = "";
  #onData = () => {};

  /** Runs `gpt` with arguments that need no quotes, and says at the end with which status it ended. */
  constructor(args: readonly string[], term = "xterm-256color") {
    // Ctrl-C, where it is a signal, is for gpt and not for the shell that waits for it.
    const line = `trap : INT; stty cols 60 -echoctl; '${process.execPath}' '${bin}' ${args.join(" ")}; echo "status $?"; stty -a`;
    const env = { PATH: process.env.PATH, TERM: term, SHELL: "/bin/sh" };
    this.#child = spawn("script", ["-qec", line, "/dev/null"], { env, stdio: ["pipe", "pipe", "inherit"] });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#unread += text;
      this.#onData();
    });
  }

  type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  /** Waits for a text and returns everything up to its end. */
  until(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const seen = () => JSON.stringify(this.#unread.slice(-1000));
      const timer = setTimeout(() => reject(new Error(`waited for ${text}, saw ${seen()}`)), PATIENCE_MS);
      this.#onData = () => {
        const at = this.#unread.indexOf(text);
        if (at < 0) return;
        this.#onData = () => {};
        clearTimeout(timer);
        const end = at + text.length;
        const found = this.#unread.slice(0, end);
        this.#unread = this.#unread.slice(end);
        resolve(found);
      };
      this.#onData();
    });
  }

  [Symbol.dispose](): void {
    this.#child.kill("SIGKILL");
  }
}

/**
 * Rewards of a program: it gets a line of JSON for each answer, {"prompt", "completion"} and the other fields
 * of the prompt's line, and writes a line with a number or null for each. It runs as long as the training.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { GptError } from "../../errors.ts";
import { quote } from "../../files/quote.ts";
import type { Answer, Points, Reward, RewardSource } from "./reward.ts";

const DEFAULT_SECONDS = 60;
/** Milliseconds that a program has to end by itself once its input has ended. */
const PATIENCE_MS = 500;

export const command: RewardSource = {
  argument: "COMMAND",
  describe: "what a program writes: a line with a number for each line of JSON that it gets",
  open(argument, { timeoutSeconds = DEFAULT_SECONDS }) {
    if (argument.trim() === "")
      throw new GptError("usage", "command: expected a command line after command:");
    return new RewardCommand(argument, timeoutSeconds);
  },
};

/** Resolves with a line; with undefined once the program has ended. */
type Waiting = (line: string | undefined) => void;

class RewardCommand implements Reward {
  readonly #command: string;
  readonly #seconds: number;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  #waiting: Waiting | undefined;
  #ended: string | undefined;

  constructor(command: string, seconds: number) {
    this.#command = command;
    this.#seconds = seconds;
    // A group of its own: Ctrl-C reaches the training alone, which then ends the program.
    this.#child = spawn(command, { shell: true, detached: true, stdio: ["pipe", "pipe", "inherit"] });
    const end = (reason: string) => {
      this.#ended ??= reason;
      this.#waiting?.(undefined);
    };
    this.#child.stdin?.on("error", () => {}); // it ended before it read all
    this.#child.on("error", ({ message }) => end(`cannot be run: ${message}`));
    if (this.#child.stdout) {
      const lines = createInterface({ input: this.#child.stdout, crlfDelay: Number.POSITIVE_INFINITY });
      lines.on("line", (line) => {
        const waiting = this.#waiting;
        this.#waiting = undefined;
        if (waiting) waiting(line);
        else this.#lines.push(line);
      });
    }
    this.#child.on("close", (status, signal) => end(`ended with ${signal ?? `status ${status}`}`));
  }

  async score(answers: readonly Answer[], signal: AbortSignal | undefined): Promise<Points[]> {
    const lines = answers.map(({ prompt, completion, fields }) =>
      JSON.stringify({ ...fields, prompt, completion }),
    );
    this.#child.stdin?.write(`${lines.join("\n")}\n`);
    const points: Points[] = [];
    const late = Date.now() + 1000 * this.#seconds;
    while (points.length < answers.length) {
      points.push(
        this.#pointsOf(await this.#next(late, points.length, answers.length, signal), points.length),
      );
    }
    return points;
  }

  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    const ended = new Promise<void>((resolve) => this.#child.once("close", () => resolve()));
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#kill(), PATIENCE_MS);
    await ended;
    clearTimeout(timer);
  }

  /** The next line. @param late time by which all must be there */
  async #next(late: number, have: number, all: number, signal: AbortSignal | undefined): Promise<string> {
    signal?.throwIfAborted();
    const waiting = this.#lines.shift();
    if (waiting !== undefined) return waiting;
    const counts = `${have} of ${all} numbers`;
    if (this.#ended !== undefined) throw this.#failure(`${this.#ended} after ${counts}`);
    const { promise, resolve } = withResolver();
    const stop = () => resolve({ isLate: true });
    const timer = setTimeout(stop, Math.max(0, late - Date.now()));
    signal?.addEventListener("abort", stop);
    this.#waiting = (line) => resolve({ line });
    const found = await promise;
    this.#waiting = undefined;
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
    signal?.throwIfAborted();
    if (found.line !== undefined) return found.line;
    if (!found.isLate) throw this.#failure(`${this.#ended} after ${counts}`);
    const advice = "it must write a line for each line that it gets, and flush it";
    throw this.#failure(
      `wrote ${counts} in ${this.#seconds} seconds: ${advice}, or --reward-timeout gives more`,
    );
  }

  #pointsOf(line: string, number: number): Points {
    const text = line.trim();
    if (text === "null") return undefined;
    const points = Number(text);
    if (text !== "" && Number.isFinite(points)) return points;
    throw this.#failure(`wrote ${quote(line)} for answer ${number + 1}: expected a number, or null`);
  }

  #failure(problem: string): GptError {
    this.#kill();
    return new GptError("invalid-file", `the reward command ${quote(this.#command)} ${problem}`);
  }

  #kill(): void {
    const { pid } = this.#child;
    try {
      if (pid !== undefined) process.kill(-pid, "SIGKILL");
    } catch {
      this.#child.kill("SIGKILL"); // there are no groups here, or it has ended
    }
  }
}

interface Found {
  readonly line?: string | undefined;
  readonly isLate?: true;
}

function withResolver(): { readonly promise: Promise<Found>; readonly resolve: (found: Found) => void } {
  let resolve: (found: Found) => void = () => {};
  const promise = new Promise<Found>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Runs one entry of the record in an empty folder with the record's inputs. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { shared } from "../shared.ts";

/** What an entry leaves behind. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  /** SHA-256 of each file that is written, by its path. */
  readonly files: Readonly<Record<string, string>>;
}

export interface Entry {
  readonly name: string;
  /** A line for bash, in which `gpt` is the program. */
  readonly line: string;
  /** The line reads models of ../shared. */
  readonly shared?: boolean;
  /** What the first version did. */
  readonly outcome: Outcome;
  /**
   * Parts of the outcome that are other ones since a fault was mended, and why. Null: the file is not written
   * any more.
   */
  readonly changed?: Partial<Pick<Outcome, "status" | "stdout">> & {
    readonly reason: string;
    readonly files?: Readonly<Record<string, string | null>>;
  };
}

const inputs = fileURLToPath(new URL("inputs", import.meta.url));

/** Runs `line` with the program `bin`. Standard error is returned apart: its wording is free. */
export async function runEntry(line: string, bin: string): Promise<{ outcome: Outcome; stderr: string }> {
  const folder = mkdtempSync(join(tmpdir(), "gpt-record-"));
  try {
    cpSync(inputs, folder, { recursive: true });
    const given = new Set(readdirSync(folder));
    const root = join(dirname(bin), "..");
    const { status, stdout, stderr } = await runLine(line, bin, folder);
    const plain = (text: string) => text.replaceAll(folder, "{folder}").replaceAll(root, "{root}");
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
    const written = names.filter((name) => !given.has(name) && statSync(join(folder, name)).isFile());
    const files = written.map((name) => [name, hash(join(folder, name), plain)]);
    return {
      outcome: { status, stdout: withoutTimes(plain(stdout)), files: Object.fromEntries(files) },
      stderr,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function runLine(line: string, bin: string, cwd: string) {
  const program = `gpt() { "${process.execPath}" "${bin}" "$@"; }; set -o pipefail`;
  const env = {
    PATH: process.env.PATH,
    HOME: cwd,
    TERM: "dumb",
    GPT_SIMD: "plain",
    GPT_THREADS: "2",
    SHARED: shared(""),
    MODELS: join(dirname(bin), "../models"),
  };
  const child = spawn("bash", ["-c", `${program}; ${line}`], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
}

/** SHA-256 of a file without what a clock or the folder's name puts into it. */
function hash(path: string, plain: (text: string) => string): string {
  let content: Uint8Array = readFileSync(path);
  if (/\.(json|jsonl|md|txt|svg)$/.test(path))
    content = Buffer.from(withoutTimes(plain(readFileSync(path, "utf8"))));
  if (path.endsWith(".tokens")) content.fill(0, 56, 88); // the key: path and time of the source
  if (/optimizer-\d+\.safetensors$/.test(path)) content = withoutElapsed(readFileSync(path));
  return createHash("sha256").update(content).digest("hex");
}

/** A safetensors file whose head, after 8 bytes of length, says how long the run took. */
function withoutElapsed(content: Buffer): Buffer {
  const end = 8 + Number(content.readBigUInt64LE());
  const head = content
    .toString("utf8", 8, end)
    .trimEnd()
    .replace(/\\"elapsed\\":[^}]*/, "");
  return Buffer.concat([Buffer.from(head), content.subarray(end)]);
}

/** Times in JSON, and the rows of a model card that say how long training took and where. */
function withoutTimes(text: string): string {
  return text
    .replaceAll(/,"timings":\{[^}]*\}/g, "")
    .replaceAll(/,"(seconds|peak_share|rollout_tokens_per_second)":[^,}]*/g, "")
    .replaceAll(/^\| (time|machine) \|.*$/gm, "");
}

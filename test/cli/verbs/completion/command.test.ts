import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gpt } from "../../gpt.ts";

const shells = ["bash", "zsh", "fish"] as const;
const directory = mkdtempSync(join(tmpdir(), "gpt-completion-"));
const script = (shell: string) => join(directory, `gpt.${shell}`);

beforeAll(async () => {
  for (const shell of shells) writeFileSync(script(shell), (await gpt("completion", shell)).stdout);
});
afterAll(() => rmSync(directory, { recursive: true }));

/** What bash offers for the last of these words. */
const offered = (...words: string[]): string[] => completed(words).filter((word) => word !== NO_FILES);

const NO_FILES = "(no files)";

/** Also says where no files are offered, if no word is. `gpt models --names` is played by a function. */
function completed(words: readonly string[]): string[] {
  const program = `
    source ${script("bash")}
    gpt() { if [[ $* == "models --names" ]]; then printf '%s\\n' tiny '$(>${directory}/run)' 'a*' 'my own model'; fi; }
    compopt() { printf '${NO_FILES}\\n'; }
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    _gpt gpt
    printf '%s\\n' "\${COMPREPLY[@]}"
  `;
  const { stdout, stderr } = spawnSync("bash", ["-c", program, "bash", ...words], { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.split("\n").filter((word) => word !== "");
}

describe("gpt completion", () => {
  for (const shell of shells) {
    const missing = spawnSync(shell, ["-c", ":"]).error !== undefined;
    if (missing) process.stderr.write(`skipped, there is no ${shell}: the syntax of its completion\n`);
    it.skipIf(missing)(`writes a script that ${shell} can read`, () => {
      const { status, stdout, stderr } = spawnSync(shell, ["-n", script(shell)], { encoding: "utf8" });
      expect([status, stdout, stderr]).toEqual([0, "", ""]);
    });
  }

  it("completes commands and topics", () => {
    expect(offered("gpt", "gen")).toEqual(["generate"]);
    expect(offered("gpt", "")).toEqual(expect.arrayContaining(["generate", "bench", "completion", "help"]));
    expect(offered("gpt", "--v")).toEqual(["--version"]);
    expect(offered("gpt", "help", "e")).toEqual(["embed", "eval", "environment", "exit-codes"]);
    expect(offered("gpt", "completion", "")).toEqual([...shells]);
  });

  it("completes the flags of a command, wherever it stands", () => {
    expect(offered("gpt", "generate", "--top")).toEqual(["--top-k", "--top-p"]);
    expect(offered("gpt", "-q", "generate", "x", "--see")).toEqual(["--seed"]);
    expect(offered("gpt", "bench", "--see")).toEqual([]);
    expect(offered("gpt", "bench", "--conf")).toEqual(["--config"]);
  });

  it("completes values: words, and models by their names; anything else is left to the person", () => {
    expect(offered("gpt", "generate", "--simd", "")).toEqual(["auto", "plain", "relaxed"]);
    expect(offered("gpt", "generate", "--simd", "=", "pl")).toEqual(["plain"]);
    expect(offered("gpt", "generate", "--color", "=")).toEqual(["auto", "always", "never"]);
    expect(offered("gpt", "generate", "--temp", "")).toEqual([]);
    expect(offered("gpt", "generate", "-m", "t")).toEqual(["tiny"]);
    expect(offered("gpt", "inspect", "a")).toEqual(["a\\*"]);
  });

  it("completes what follows a word", () => {
    expect(offered("gpt", "bench", "")).toEqual(["kernels"]);
    expect(offered("gpt", "bench", "kernels", "-t", "1", "rms")).toEqual(["rms-norm", "rms-norm-gradient"]);
    expect(offered("gpt", "bench", "-q", "rms")).toEqual([]);
  });

  it("leaves files to bash where they are meant", () => {
    const files = (...words: string[]) => !completed(["gpt", ...words]).includes(NO_FILES);
    expect([files("inspect", "./m"), files("train", ""), files("tokenizer", "train", "")]).toEqual([
      true,
      true,
      true,
    ]);
    expect([files("tokenizer", "x"), files("generate", "x"), files("inspect", "-")]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it("spells a name with spaces as one word, however it is begun", () => {
    for (const typed of ["m", "my\\ o"]) {
      expect(offered("gpt", "inspect", typed)).toEqual(["my\\ own\\ model"]);
    }
    expect(offered("gpt", "inspect", "-m", '"my o')).toEqual(["my own model"]);
  });

  it("runs nothing that a model's name says", () => {
    expect(offered("gpt", "generate", "--model", "$")).toEqual([`\\$\\(\\>${directory}/run\\)`]);
    expect(spawnSync("ls", [directory], { encoding: "utf8" }).stdout).not.toContain("run");
  });

  it("asks for a shell that it knows", async () => {
    expect(await gpt("completion")).toMatchObject({ status: 2, stdout: "" });
    expect(await gpt("completion", "tcsh")).toMatchObject({
      status: 2,
      stderr: 'gpt: --shell: expected bash, zsh, fish, found "tcsh"\n',
    });
  });
});

import { mkdirSync, writeFileSync } from "node:fs";
import { delimiter } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { writeZeroGpt2 } from "../../../fixtures/zero-gpt2.ts";
import { gptWith } from "../../gpt.ts";

const folder = temporaryFolder();
mkdirSync(folder("more"));
writeZeroGpt2(folder("models", "tiny"), { n_layer: 1, n_head: 2, n_embd: 8, n_positions: 16, vocab_size: 5 });
mkdirSync(folder("models", "no-weights"));
writeFileSync(folder("models", "no-weights", "config.json"), '{"model_type": "gpt2"}');
writeFileSync(folder("more", "pointer.gguf"), "version https://git-lfs.github.com/spec/v1\n");

const env = {
  HF_HUB_CACHE: folder("no-cache"),
  GPT_MODELS: [folder("models"), folder("more")].join(delimiter),
};
const models = (...args: readonly string[]) => gptWith({ env }, "models", ...args);

describe.concurrent("gpt models", () => {
  it("lists what can be asked for by name, and what is wrong with the rest", async () => {
    const { status, stdout, stderr } = await models();
    expect([status, stderr]).toEqual([0, ""]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^name +family +parameters +size +context +weights +in$/);
    expect(lines[1]).toMatch(/^stories +gpt2 +5\.85M +11\.7 MB +256 +safetensors F16 +.*models \(default\)$/);
    expect(lines[2]).toMatch(/^tiny +gpt2 +1\.0\dK +[\d.]+ kB +16 +safetensors F32 +/);
    expect(lines.slice(3)).toEqual([
      "",
      expect.stringMatching(/^no-weights cannot be loaded: .*model\.safetensors/),
      expect.stringMatching(/^pointer cannot be loaded: .*git-lfs pointer/),
    ]);
  });

  it("writes a line of JSON for each", async () => {
    const { stdout } = await models("--json");
    const records = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(records.map(({ name, default: isDefault }) => [name, isDefault])).toEqual([
      ["stories", true],
      ["no-weights", false],
      ["tiny", false],
      ["pointer", false],
    ]);
    expect(records[2]).toMatchObject({ path: folder("models", "tiny"), n_positions: 16, problem: null });
    expect(records[3]).toMatchObject({ problem: expect.stringContaining("git-lfs") });
  });

  it("writes names only, for completion", async () => {
    expect((await models("--names")).stdout).toBe("stories\nno-weights\ntiny\npointer\n");
    expect(await models("--names", "--json")).toMatchObject({ status: 2, stdout: "" });
  });

  it("keeps a name with a line feed on one line", async () => {
    const named = { ...env, GPT_MODELS: folder("odd") };
    writeZeroGpt2(folder("odd", "two\nlines\tx"), {
      n_layer: 1,
      n_head: 1,
      n_embd: 8,
      n_positions: 8,
      vocab_size: 5,
    });
    const { stdout } = await gptWith({ env: named }, "models", "--names");
    expect(stdout).toBe("stories\ntwo\\nlines\\tx\n");
    expect((await gptWith({ env: named }, "models")).stdout).toMatch(/^two\\nlines\\tx +gpt2/m);
  });

  it("marks the model that $GPT_MODEL names, and says where it names none", async () => {
    const marked = await gptWith({ env: { ...env, GPT_MODEL: "tiny" } }, "models");
    expect(marked.stdout).toMatch(/^tiny .*\(default\)$/m);
    expect(marked.stdout).not.toMatch(/^stories .*\(default\)$/m);
    const none = await gptWith({ env: { ...env, GPT_MODEL: "tyni" } }, "models");
    expect(none.status).toBe(0);
    expect(none.stdout).not.toContain("(default)");
    expect(none.stderr).toMatch(/^gpt: \$GPT_MODEL: no model "tyni".*\n$/);
  });

  it("goes on where a folder is not there", async () => {
    const { status, stdout, stderr } = await gptWith({ env: { GPT_MODELS: folder("none") } }, "models");
    expect([status, stderr]).toEqual([0, `gpt: $GPT_MODELS: ${folder("none")} is no folder\n`]);
    expect(stdout).toContain("stories");
  });
});

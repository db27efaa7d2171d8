import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { gpt3 } from "../../../fixtures/configs.ts";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { gpt2Xl, writeZeroGpt2 } from "../../../fixtures/zero-gpt2.ts";
import { gpt } from "../../gpt.ts";

const folder = temporaryFolder();
const config = folder("config.json");
writeFileSync(config, JSON.stringify(gpt3));

describe("gpt inspect", () => {
  it("counts GPT-3 from its config", async () => {
    const { status, stdout } = await gpt("inspect", config);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^config\.json: gpt2, 175B parameters\n/);
    expect(stdout).toMatch(/token embedding +617,558,016/);
    expect(stdout).toMatch(/\nfiles +a config alone, without weights\n/);
    expect(JSON.parse((await gpt("inspect", config, "--json")).stdout)).toMatchObject({
      family: "gpt2",
      n_layer: 96,
      parameters: { token_embedding: 617_558_016, total: 174_604_259_328 },
      memory: { weights_f32_bytes: 4 * 174_604_259_328, weights_stored_bytes: null },
      storage: null,
      problem: null,
      tokenizer: null,
    });
  });

  it("shows the embedded model", async () => {
    const vectors = 6656 + 6 * (3 * 256 + 256 + 1024 + 256); // norms and biases
    const { stdout } = await gpt("inspect", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      model: "stories",
      format: "huggingface",
      family: "gpt2",
      parameters: { head: 0, total: 5_853_184 },
      storage: { files: 1, tensors: 76, dtypes: [{ dtype: "F16", tensors: 76 }] },
      memory: {
        stored_dtypes: ["F16"],
        weights_loaded: [
          { dtype: "F16", bytes: 2 * (5_853_184 - vectors) },
          { dtype: "F32", bytes: 4 * vectors },
        ],
        context_size: 256,
      },
      tokenizer: { kind: "byte-level BPE", vocab_size: 4096, merges: 3839, add_bos: false },
      generation_config: { temperature: 0.8 },
    });
    const lines = (await gpt("inspect")).stdout.split("\n");
    for (const line of [
      /^ {2}Q4_0 +3\.36 MB +4\.60 bits each$/,
      /^tensors +76 F16 \(11\.7 MB\)$/,
      /^tokenizer +byte-level BPE$/,
      /^ {2}special +<\|endoftext\|> 0$/,
      /^ {2}temperature +0\.8$/,
    ]) {
      expect(lines.filter((candidate) => line.test(candidate))).toHaveLength(1);
    }
  });

  it("shows the memories of a model beyond 4 GiB, and one otherwise", async () => {
    const directory = writeZeroGpt2(folder("xl"), gpt2Xl);
    const { stdout } = await gpt("inspect", directory);
    expect(stdout).toMatch(/\nmemory 1 +embedding, head, layers 0 to \d+: [\d.]+ GB, cache \d+ MB\n/);
    expect(stdout).toMatch(/\nmemory 3 +layers \d+ to 47: [\d.]+ GB, cache \d+ MB\n/);
    const { memory } = JSON.parse((await gpt("inspect", directory, "--json")).stdout);
    expect(memory.banks.map(({ layers }: { layers: number }) => layers)).toHaveLength(3);
    expect(memory.banks[0]).toMatchObject({ number: 0, first_layer: 0, cache_bytes: expect.any(Number) });
    const small = JSON.parse((await gpt("inspect", "--json")).stdout);
    expect(small.memory.banks).toMatchObject([{ number: 0, first_layer: 0, layers: 6 }]);
  });

  it("lists the stored tensors", async () => {
    const { stdout } = await gpt("inspect", "--tensors");
    expect(stdout.trimEnd().split("\n")).toHaveLength(76);
    expect(stdout).toMatch(/^transformer\.wte\.weight +F16 {2}\[4096, 256\] +2,097,152$/m);
    const { tensors, family } = JSON.parse((await gpt("inspect", "--tensors", "--json")).stdout);
    expect([tensors.length, family]).toEqual([76, "gpt2"]);
    expect(tensors[0]).toMatchObject({
      name: "transformer.wte.weight",
      shape: [4096, 256],
      byte_length: 2_097_152,
    });
    expect(await gpt("inspect", config, "--tensors")).toMatchObject({
      status: 2,
      stdout: "",
      stderr: `gpt: --tensors: ${config} holds none: give a model with its weights\n`,
    });
  });

  it("shows the shapes of a directory that holds a config alone", async () => {
    const [file, directory] = await Promise.all([gpt("inspect", config), gpt("inspect", folder())]);
    expect(directory.status).toBe(0);
    expect(directory.stdout.replace(/^.*?:/, "")).toBe(file.stdout.replace(/^.*?:/, ""));
    const generated = await gpt("generate", "-m", folder(), "x");
    expect(generated).toMatchObject({ status: 3, stdout: "" });
    expect(generated.stderr).toMatch(/holds no weights: model\.safetensors belongs beside config\.json\n$/);
  });

  it("writes nothing that moves a cursor, whatever a model is called", async () => {
    const named = folder("\x1b[2Jname");
    mkdirSync(named);
    writeFileSync(join(named, "config.json"), JSON.stringify(gpt3));
    writeFileSync(join(named, "tokenizer.json"), "?");
    const { stdout } = await gpt("inspect", named);
    expect(stdout).toMatch(/^\\u001b\[2Jname: gpt2/);
    expect(stdout).toMatch(/tokenizer +cannot be read: .*\\u001b/);
    expect(stdout).not.toContain("\x1b");
  });
});

import { existsSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { describeWithShared, shared } from "../../../shared.ts";
import { gpt, gptWith } from "../../gpt.ts";

const file = temporaryFolder();
const text = file("text.txt");
writeFileSync(text, "Once upon a time there was a little cat. The cat sat on the mat.\n".repeat(4));

const generate = async (...args: readonly string[]) =>
  JSON.parse((await gpt("generate", "Once", "-n", "8", "--temp", "0", "--json", ...args)).stdout);

describe("gpt quantize", () => {
  it("writes a GGUF file that generates what --quant does", async () => {
    const written = await gpt("quantize", "-o", file("q8.gguf"));
    expect(written).toMatchObject({ status: 0, stdout: "" });
    expect(written.stderr).toMatch(/q8\.gguf: stories in q8_0, 6\.\d+ MB in \d/);
    const [fromFile, atLoad] = await Promise.all([
      generate("-m", file("q8.gguf")),
      generate("--quant", "q8_0"),
    ]);
    expect(fromFile.ids).toEqual(atLoad.ids);
    expect(fromFile.text).toBe(atLoad.text);
    expect(JSON.parse((await gpt("inspect", file("q8.gguf"), "--json")).stdout)).toMatchObject({
      family: "gpt2",
      activation: "gelu_tanh",
      memory: { weights_loaded: [{ dtype: "Q8_0" }, { dtype: "F32" }] },
      tokenizer: { pre_tokenizer_name: "gpt-2", vocab_size: 4096 },
    });
    const again = ["quantize", file("q8.gguf"), "-o", file("q4.gguf"), "--type", "q4_0"];
    expect((await gpt(...again)).stderr).toMatch(/^gpt: .*q8\.gguf: is quantized already, to Q8_0: .*\n$/);
    expect((await gpt(...again, "--allow-requantize")).status).toBe(0);
  });

  it("reports what a type costs, with and without writing", async () => {
    const shown = await gpt("quantize", "--type", "q4_0", "--report", text);
    expect(shown).toMatchObject({ status: 0, stderr: "" });
    expect(shown.stdout).toMatch(
      /^ +stories +q4_0\nperplexity +[\d.]+ +[\d.]+ +[+-][\d.]+%\nmean KL divergence +[\d.e-]+\nsame top token +[\d.]+%\n\n\d+ tokens in 1 window\n$/,
    );
    const args = [
      "--type",
      "f16",
      "-o",
      file("half"),
      "--report",
      text,
      "--windows",
      "1",
      "-c",
      "16",
      "--json",
    ];
    const both = JSON.parse((await gpt("quantize", ...args)).stdout);
    expect(both).toMatchObject({
      model: "stories",
      type: "f16",
      output: file("half"),
      windows: 1,
      tokens: 15,
      divergence: 0,
      same_top: 1,
    });
    expect(both.other_perplexity).toBe(both.perplexity);
  });

  it.each([
    [[], "-o PATH says it"],
    [
      ["--type", "f16", "--report", text],
      "--report: what f16 costs is known once it is written: give -o too",
    ],
    [["-o", file("bad"), "--type", "q4_0"], "write to a path that ends in .gguf"],
    [["-o", file("bad.gguf"), "--type", "q3"], "--type: expected q8_0, q6_k, q5_k_m"],
    [["-o", file("bad.gguf"), "--windows", "3"], "--windows is about the report: give --report TEXT too"],
    [["-o", file("bad.gguf"), "--report", file("nowhere")], "nowhere: there is no such file"],
  ])("refuses %j", async (args, message) => {
    const refused = await gpt("quantize", ...args);
    expect(refused.status).toBeGreaterThan(0);
    expect(refused.stdout).toBe("");
    expect(refused.stderr).toContain(message);
    expect(existsSync(file("bad")) || existsSync(file("bad.gguf"))).toBe(false);
  });

  it("leaves a context alone that is meant for other verbs", async () => {
    const { status } = await gptWith(
      { env: { GPT_CTX_SIZE: "8" } },
      ...["quantize", "-o", file("context.gguf"), "-q"],
    );
    expect(status).toBe(0);
  });
});

describe("gpt generate --quant", () => {
  it("is refused for a type that there is not", async () => {
    expect(await gpt("generate", "Once", "--quant", "q5_k")).toMatchObject({
      status: 2,
      stderr: 'gpt: --quant: expected q8_0, q4_0, nf4, f32, found "q5_k"\n',
    });
  });
});

describeWithShared("gpt quantize of a model of embeddings", () => {
  it("says which settings a GGUF file does not hold", async () => {
    const model = shared("models/golden/bert-embed-cls");
    const { stderr } = await gpt("quantize", model, "-o", file("embed.gguf"), "--type", "f32");
    expect(stderr).toMatch(
      /\n.*embed\.gguf: embeddings differ .* does not hold the lengths of vectors, .*\n$/,
    );
  });
});

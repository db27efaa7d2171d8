import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../../../src/checkpoint/open.ts";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { describeWithShared, shared } from "../../../shared.ts";
import { inProcess } from "../../in-process.ts";

const fileIn = temporaryFolder();
const look = (...args: string[]) => inProcess("look", ...args, "--quiet", "--threads", "1");
const text = "Once upon a time there was a";

async function shown(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await look(...args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

const record = async (...args: string[]) => JSON.parse(await shown(...args, "--json"));

/** Lines of the tables have tokens between quotes. */
describe("gpt look", () => {
  it("tokens: the text, a sparkline, and what is surprising", async () => {
    const lines = (await shown("tokens", text)).split("\n");
    expect(lines[0]).toBe("Once| upon| a| time| there| was| a");
    expect(lines[1]).toMatch(/^ [▁▂▃▄▅▆▇█]{6}$/);
    expect(lines[4]).toMatch(/^4 {2}" there" .* "," 0\.\d{3}/);
    const { bits, nats, perplexity, loss } = await record("tokens", text);
    expect(bits[0]).toBeNull();
    expect(bits[3]).toBeCloseTo(nats[3] / Math.LN2, 5);
    expect(perplexity).toBeCloseTo(Math.exp(loss), 5);
    const colored = await shown("tokens", text, "--color", "always");
    expect(colored).toContain("\x1b[");
    expect(await shown("tokens", text, "--compare", "stories")).toContain("difference");
  });

  it("attention: heads, and the map of one", async () => {
    expect(await shown("attention", text, "--top", "3")).toMatch(/^head {2}previous.*\n(\d\.\d .*\n){3}$/);
    const map = (await shown("attention", text, "--layer", "1", "--head", "0")).split("\n");
    expect(map[0]).toBe("@");
    expect(map[8]).toMatch(/^0 {2}"Once" {4}0 "Once" 1\.000$/);
    expect(await shown("attention", text, "--layer", "1", "--color", "always")).toContain("▀");
    const { layers, rollout, tokens } = await record("attention", text);
    expect(layers).toHaveLength(6);
    expect(layers[0].weights[7][6]).toHaveLength(7);
    expect(rollout[5][6].reduce((a: number, b: number) => a + b)).toBeCloseTo(1, 5);
    expect(tokens[1]).toBe('" upon"');
  });

  it("lens: layers, the last one first", async () => {
    const lines = (await shown("lens", text)).split("\n");
    expect(lines).toHaveLength(11);
    expect(lines[1]).toMatch(/^ +6 .*" little" .* 1$/);
    expect(await shown("lens", text, "--position", "2", "--layer", "3")).toContain('the next token, " time"');
    expect((await record("lens", text)).top_ids).toHaveLength(7);
  });

  it("why: parts that add up, and tokens", async () => {
    const out = await shown("why", text, "--token", " little", "--against", " big", "--steps", "2");
    expect(out).toContain('why " little" rather than " big"');
    expect(out).toMatch(/a gap of -?[\d.e-]+/);
    expect(out).toMatch(/MLP 5 +0\.\d{3}/);
    const { attribution } = await record("why", text, "--steps", "1", "--baseline", "zero");
    expect(attribution.sum).toBeCloseTo(attribution.logit, 3);
  });

  it("embeddings: neighbours, analogies, directions and a map", async () => {
    expect((await shown("embeddings", "dog", "--top", "2")).split("\n")).toHaveLength(3);
    expect((await record("embeddings", "boy - man + woman")).analogy).toHaveLength(10);
    expect(await shown("embeddings", "--from", "good,bad", "--by", "centred")).toMatch(/^good +bad/);
    expect(await shown("embeddings", "dog", "cat", "happy")).toContain("of the variance");
    expect(await shown("embeddings", "dog", "cat", "happy", "sad", "--map", "umap")).toContain(
      "near words are alike",
    );
    expect((await record("embeddings", "--ids", "400", "--top", "1")).id).toBe(400);
  });

  it("neurons: the strongest, and one", async () => {
    expect(await shown("neurons", text)).toMatch(/^neuron +activation\n5\.\d+ /);
    expect(await shown("neurons", text, "--layer", "5", "--neuron", "3")).toMatch(/\nraises ".*\nlowers "/);
    expect((await record("neurons", text, "--top", "2")).neurons).toHaveLength(2);
  });

  it("ablate: parts without which the loss changes", async () => {
    expect(await shown("ablate", "Once upon a time", "--mean", "--top", "2")).toMatch(
      /^loss 0\.\d+\n\nwithout/,
    );
    expect(await shown("ablate", "Once upon a time", "--without", "3.1,5")).toMatch(
      /^loss .*, without 3\.1,5 /,
    );
  });

  it("patch: parts that restore an answer", async () => {
    expect(await shown("patch", "The cat sat", "The dog sat")).toMatch(/restored by the residual stream/);
    expect((await record("patch", "The cat", "The dog")).heads).toHaveLength(6);
  });

  it("flow: the path of a prompt", async () => {
    expect(await shown("flow", text)).toMatch(/1\. The text .*4\. The last vector/s);
    expect((await record("flow", text)).probabilities).toHaveLength(3);
  });

  it("steer writes control vectors, and reads them", async () => {
    const path = fileIn("happy.gguf");
    const out = await shown(
      "steer",
      "I was sad",
      "I was happy",
      "--layer",
      "3",
      "--save",
      path,
      "--max-tokens",
      "4",
    );
    expect(out).toMatch(/steered: .*\nbefore: /);
    const { texts, layers } = await record(
      "steer",
      text,
      "--vector",
      path,
      "--scale",
      "0",
      "--max-tokens",
      "4",
    );
    expect(layers).toEqual([4]);
    expect(texts.steered).toBe(texts.plain);
    const generated = async (...flags: string[]) => {
      const plain = [
        "generate",
        text,
        "--temp",
        "0",
        "--max-tokens",
        "4",
        "--quiet",
        "--threads",
        "1",
        ...flags,
        "--no-stdin",
      ];
      return (await inProcess(...plain)).stdout;
    };
    expect(await generated("--control-vector", `${path}:0`)).toBe(await generated());
    expect(await generated("--control-vector", `${path}:9`)).not.toBe(await generated());
  });

  it("dump writes results of safetensors", async () => {
    const path = fileIn("acts.safetensors");
    expect((await record("dump", text, "-o", path, "--layer", "2")).path).toBe(path);
    expect(existsSync(path)).toBe(true);
    const header = readFileSync(path).subarray(8, 2000).toString();
    expect(header).toContain('"hidden.2":{"dtype":"F32","shape":[7,256]');
    expect(header).toContain('"blocks.2.attention.weights":{"dtype":"F32","shape":[7,8,7]');
  });

  it.each([
    [["tokens"], "no text is given"],
    [["patch", "one"], "gpt look patch takes two prompts, found 1 prompt"],
    [["attention", "x", "--head", "1"], "--head needs --layer"],
    [["attention", "x", "--layer", "6"], "layer 6: there are 0 to 5"],
    [["lens", "x", "--neuron", "6"], "--neuron has no meaning for gpt look lens"],
    [["why", "x", "--token", "two tokens"], "--token: one token is expected"],
    [["dump", "x"], "gpt look dump writes a file"],
    [["ablate", "a b", "--without", "x"], "--without: heads such as 3.1"],
    [["tokens", "a", "--ids", "1"], "give a text or --ids, not both"],
  ])("%s is refused", async (args, problem) => {
    const { status, stderr } = await look(...args, "--no-stdin");
    expect(status).toBe(2);
    expect(stderr).toContain(problem);
  });
});

describeWithShared("gpt look at models without a tokenizer", () => {
  it("takes and shows ids", async () => {
    const path = shared("models/golden/llama");
    expect((await openCheckpoint(path)).format).toBe("huggingface");
    const out = await shown("tokens", "-m", path, "--ids", "1,2,3,4");
    expect(out).toMatch(/^#1 \|#2 \|#3 \|#4 \n/);
    expect(await shown("why", "-m", path, "--ids", "1 2 3", "--token", "#7", "--steps", "1")).toContain(
      "why #7",
    );
  });
});

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { Runtime } from "../../src/compute/runtime.ts";
import {
  type ConversionOptions,
  loadModel,
  type ModelOptions,
  mergeAdapters,
  quantizeModel,
} from "../../src/index.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { writeRandomDirectory } from "../fixtures/random-checkpoint.ts";
import { gpt2, gptJson, llama, llamaJson } from "../fixtures/stored-config.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { writeAdapter } from "../weights/adapters/write-adapter.ts";

const file = temporaryFolder();

beforeAll(() => {
  writeRandomDirectory(file("gpt2"), gpt2);
  writeFileSync(file("gpt2", "generation_config.json"), '{"eos_token_id":7}');
  writeRandomDirectory(
    file("llama"),
    llama,
    { dtype: "BF16" },
    { ...llamaJson(llama), torch_dtype: "bfloat16" },
  );
  writeAdapter(file("gpt2-adapter"), {
    "transformer.h.0.attn.c_attn": [3 * gpt2.nEmbd, gpt2.nEmbd],
    "transformer.h.1.mlp.c_fc": [gpt2.nInner, gpt2.nEmbd],
  });
  writeAdapter(file("llama-adapter"), {
    "model.layers.1.self_attn.k_proj": [llama.nKvHead * llama.headDim, llama.nEmbd],
  });
  writeFileSync(file("llama", "chat_template.jinja"), "of the model");
  writeFileSync(file("llama-adapter", "chat_template.jinja"), "of the adapter");
});

async function logitsOf(path: string, options: ModelOptions = {}): Promise<Float32Array> {
  await using model = await loadModel(path, { threads: 1, ...options });
  return model.createSession().append([5, 4, 3, 2, 1]);
}

describe("merging adapters", () => {
  it("keeps a classifier's head", async () => {
    const json = { ...gptJson(gpt2), architectures: ["GPT2ForSequenceClassification"], num_labels: 3 };
    writeRandomDirectory(file("classifier"), { ...gpt2, labels: ["a", "b", "c"] }, {}, json);
    await mergeAdapters(file("classifier"), [{ path: file("gpt2-adapter") }], file("merged", "classifier"));
    const { tensors } = await openCheckpoint(file("merged", "classifier"));
    expect(tensors.get("score.weight")).toMatchObject({ dtype: "F32", shape: [3, gpt2.nEmbd] });
  });

  it.each(["gpt2", "llama"])("writes the model that %s is with them", async (name) => {
    const adapters = [{ path: file(`${name}-adapter`) }, { path: file(`${name}-adapter`), scale: -0.25 }];
    const { memory } = Runtime.get("plain");
    const without = await logitsOf(file(name), { simd: "plain" });
    const before = memory.allocated;
    await mergeAdapters(file(name), adapters, file("merged", name), { simd: "plain" });
    expect(memory.allocated).toBe(before);
    const options = { simd: "plain", adapters } as const;
    const merged = await logitsOf(file("merged", name), { simd: "plain" });
    expect(merged).not.toEqual(without);
    expect(merged).toEqual(await logitsOf(file(name), options));
    const [from, to] = await Promise.all([openCheckpoint(file(name)), openCheckpoint(file("merged", name))]);
    const shapes = ({ tensors }: typeof from) =>
      [...tensors.values()].map(({ name, shape }) => [name, shape]);
    expect(shapes(to).sort()).toEqual(shapes(from).sort());
    expect([...to.tensors.values()].every(({ dtype }) => dtype === "F32")).toBe(true);
  });

  it.each(["gpt2", "llama"])("takes %s as a GGUF file", async (name) => {
    const [path, adapters] = [file(`${name}.gguf`), [{ path: file(`${name}-adapter`) }]];
    await quantizeModel(file(name), path, "f32");
    await mergeAdapters(path, adapters, file("merged-gguf", name), { simd: "plain" });
    const wanted = await logitsOf(file(name), { simd: "plain", adapters });
    expect(await logitsOf(path, { simd: "plain", adapters, quantization: "f32" })).toEqual(wanted);
    expect(await logitsOf(file("merged-gguf", name), { simd: "plain" })).toEqual(wanted);
  });

  it("writes what belongs to the model, and what its numbers are now", () => {
    expect(readdirSync(file("merged", "gpt2")).sort()).toEqual([
      "config.json",
      "generation_config.json",
      "model.safetensors",
    ]);
    const config = JSON.parse(readFileSync(file("merged", "llama", "config.json"), "utf8"));
    expect(config).toMatchObject({ model_type: "llama", torch_dtype: "float32" });
    expect(readFileSync(file("merged", "llama", "chat_template.jinja"), "utf8")).toBe("of the adapter");
  });

  it("refuses what cannot be merged, and writes nothing then", async () => {
    const adapter = { path: file("gpt2-adapter") };
    const merge = (model: string, adapters = [adapter], directory = file("none")) =>
      rejectionOf(mergeAdapters(file(model), adapters, directory));
    expect((await merge("gpt2", "gpt2-adapter" as never)).message).toContain("adapters must be a list");
    const misspelt = mergeAdapters(file("gpt2"), [adapter], file("none"), { thread: 1 } as ConversionOptions);
    expect((await rejectionOf(misspelt)).message).toContain("there is no option 'thread'");
    expect((await merge("gpt2", [])).message).toBe("adapters: at least one is needed");
    expect((await merge("gpt2", [adapter], file("gpt2"))).message).toContain("write to another place");
    expect((await merge("gpt2", [adapter], adapter.path)).message).toContain("write to another place");
    expect((await merge("llama")).message).toContain("a layer that the model has not");
    expect((await merge("nowhere")).code).toBe("not-found");
    const blocked = merge("gpt2", [adapter], file("gpt2", "config.json", "in"));
    expect((await blocked).code).toBe("resource");
    expect((await merge("gpt2", [adapter], file("llama"))).message).toContain(
      "holds chat_template.jinja already",
    );
    expect(readdirSync(file())).not.toContain("none");
  });
});

import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { writeModelDirectory, writeSafetensors } from "../fixtures/directory-writer.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { writeGguf } from "../fixtures/gguf-writer.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const file = temporaryFolder();
const config = { model_type: "gpt2" };
const tensors = { a: { shape: [2] }, b: { shape: [3] } };

describe("openCheckpoint", () => {
  it("opens a directory with one file", async () => {
    const path = writeModelDirectory(file("single"), config, tensors, { eos_token_id: 1 });
    const checkpoint = await openCheckpoint(path);
    expect(checkpoint).toMatchObject({
      format: "huggingface",
      path,
      config,
      generationConfig: { eos_token_id: 1 },
    });
    expect([...checkpoint.tensors.keys()]).toEqual(["a", "b"]);
  });

  it("opens a directory with shards, also through links", async () => {
    const path = writeModelDirectory(file("shards"), config);
    writeSafetensors(file("shards", "one.safetensors"), { a: { shape: [2] }, unlisted: { shape: [1] } });
    writeSafetensors(file("blob"), { b: { shape: [3] } });
    symlinkSync(file("blob"), file("shards", "two.safetensors"));
    writeFileSync(
      file("shards", "model.safetensors.index.json"),
      JSON.stringify({ metadata: {}, weight_map: { b: "two.safetensors", a: "one.safetensors" } }),
    );
    const checkpoint = await openCheckpoint(path);
    expect(checkpoint).toMatchObject({ generationConfig: {} });
    expect(checkpoint.tensors.get("a")?.file).toBe(file("shards", "one.safetensors"));
    expect(checkpoint.tensors.get("b")?.file).toBe(file("shards", "two.safetensors"));
    expect(checkpoint.tensors.size).toBe(2);
  });

  it("opens a lone shard without an index, and leaves out an index entry that the shard does not hold", async () => {
    const path = writeModelDirectory(file("lone"), config, tensors);
    const shard = "model-00001-of-00001.safetensors";
    renameSync(file("lone", "model.safetensors"), file("lone", shard));
    expect([...(await openCheckpoint(path)).tensors.keys()]).toEqual(["a", "b"]);
    const weightMap = { a: shard, b: shard, "rotary_emb.inv_freq": shard };
    writeFileSync(file("lone", "model.safetensors.index.json"), JSON.stringify({ weight_map: weightMap }));
    expect([...(await openCheckpoint(path)).tensors.keys()]).toEqual(["a", "b"]);
  });

  it("opens a GGUF file whatever its name", async () => {
    writeGguf(file("model.bin"), { "general.architecture": "llama" }, { t: { shape: [4] } });
    const checkpoint = await openCheckpoint(file("model.bin"));
    expect(checkpoint).toMatchObject({ format: "gguf", path: file("model.bin") });
    expect(checkpoint.tensors.size).toBe(1);
  });

  it("opens a directory that holds no weights, without tensors", async () => {
    const path = writeModelDirectory(file("bare"), config);
    rmSync(file("bare", "model.safetensors"), { force: true });
    const checkpoint = await openCheckpoint(path);
    expect(checkpoint).toMatchObject({ format: "huggingface", path, config });
    expect(checkpoint.tensors.size).toBe(0);
  });

  it("opens a config.json alone, without tensors", async () => {
    writeFileSync(file("config.json"), JSON.stringify(config));
    const checkpoint = await openCheckpoint(file("config.json"));
    expect(checkpoint).toMatchObject({ format: "huggingface", config, generationConfig: {} });
    expect(checkpoint.tensors.size).toBe(0);
  });
});

describe("a path that is no checkpoint is refused", () => {
  it("when nothing is there", async () => {
    const error = await rejectionOf(openCheckpoint(file("nowhere", "model")));
    expect(error).toMatchObject({ code: "not-found" });
    expect(error.message).toMatch(/no such file or directory/);
  });

  it("when it is one file of a directory", async () => {
    writeModelDirectory(file("one"), config, tensors);
    const error = await rejectionOf(openCheckpoint(file("one", "model.safetensors")));
    expect(error.message).toMatch(/give the directory/);
    writeFileSync(file("one", "pytorch_model.bin"), "PK\u0003\u0004");
    const pickle = await rejectionOf(openCheckpoint(file("one", "pytorch_model.bin")));
    expect(pickle.message).toMatch(/is a PyTorch file: give the directory/);
  });

  it("when it is some other file", async () => {
    mkdirSync(file("other"), { recursive: true });
    writeFileSync(file("other", "notes.txt"), "Dear diary, this is no model at all.");
    const error = await rejectionOf(openCheckpoint(file("other", "notes.txt")));
    expect(error.message).toMatch(/neither a GGUF file nor a model directory/);
    expect(readFileSync(file("other", "notes.txt")).length).toBe(36);
  });
});

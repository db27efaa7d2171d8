import { describe, expect, it } from "vitest";
import { hubReference, referenceOf, spelled } from "../../src/hub/reference.ts";
import { quantizationOf, selectFiles } from "../../src/hub/select-files.ts";

const select = (name: string, ...paths: string[]) => selectFiles(paths, hubReference(name));

describe("names on the hub", () => {
  it.each(["o/m", "o/m:Q4_K_M", "o/m@v1.0", "o/m:q8_0@refs/pr/1", "Qwen/Qwen2.5-0.5B-Instruct"])(
    "%s",
    (name) => {
      expect(spelled(hubReference(name))).toBe(name);
    },
  );

  it("may be copied from the address", () => {
    expect(referenceOf("https://huggingface.co/o/m")).toMatchObject({ repository: "o/m", revision: "main" });
    expect(referenceOf("hf.co/o/m:Q8_0")).toMatchObject({ repository: "o/m", quantization: "Q8_0" });
  });

  it.each(["m", "o/m/x", "./o/m", "../m", "o/..", "o/m.gguf", "o/m@../x", "o/m@a//b", "-o/m", "o--x/m"])(
    "%s is none",
    (name) => expect(referenceOf(name)).toBeUndefined(),
  );
});

describe("the files to fetch", () => {
  it("are one format of the weights", () => {
    const shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    const index = "model.safetensors.index.json";
    const others = ["pytorch_model.bin", "tf_model.h5", "original/consolidated.safetensors", "README.md"];
    expect(select("o/m", "config.json", ...shards, index, ...others, "consolidated.safetensors")).toEqual([
      "config.json",
      ...shards,
      index,
    ]);
    expect(select("o/m", "config.json", "pytorch_model.bin", "vocab.txt")).toEqual([
      "config.json",
      "vocab.txt",
      "pytorch_model.bin",
    ]);
    expect(select("o/m", "adapter_config.json", "adapter_model.safetensors")).toHaveLength(2);
  });

  it("are those of sentence-transformers", () => {
    const files = ["modules.json", "1_Pooling/config.json", "2_Dense/model.safetensors", "model.safetensors"];
    expect(select("o/m", ...files, "onnx/model.onnx")).toEqual(files);
  });

  it("are the one GGUF file, or the usual one", () => {
    expect(select("o/m", "m.gguf", "README.md")).toEqual(["m.gguf"]);
    expect(select("o/m", "m-Q8_0.gguf", "m-Q4_K_M.gguf", "mmproj-m-Q4_K_M.gguf")).toEqual(["m-Q4_K_M.gguf"]);
    expect(() => select("o/m", "m-Q8_0.gguf", "m-Q5_1.gguf")).toThrow(
      "o/m has several GGUF files: choose one, as o/m:Q8_0 (Q5_1, Q8_0)",
    );
    expect(() => select("o/m", "README.md")).toThrow("o/m has no safetensors and no GGUF file");
    expect(() => select("o/m:Q8_0", "model.safetensors")).toThrow("o/m has no GGUF file");
  });

  it("are all parts of a GGUF file, in folders too", () => {
    const parts = ["Q8_0/m-Q8_0-00001-of-00002.gguf", "Q8_0/m-Q8_0-00002-of-00002.gguf"];
    expect(select("o/m:Q8_0", ...parts, "m-Q4_0.gguf", "model.safetensors")).toEqual(parts);
  });

  it.each([
    ["m-Q4_K_M.gguf", "Q4_K_M"],
    ["a/m.q8_0.gguf", "q8_0"],
    ["m-UD-IQ2_XXS-00001-of-00003.gguf", "UD-IQ2_XXS"],
    ["m-bf16.gguf", "bf16"],
    ["m-mxfp4.gguf", "mxfp4"],
    ["stories.gguf", "stories"],
  ])("%s is %s", (path, quantization) => {
    expect(quantizationOf(path)).toBe(quantization);
  });
});

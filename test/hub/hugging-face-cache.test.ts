import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { findModel, lastingName } from "../../src/hub/find-model.ts";
import { modelName } from "../../src/hub/model-name.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const file = temporaryFolder();
const cached = (...names: string[]) => file("hub", "models--org--tiny-model", ...names);

beforeAll(() => {
  for (const commit of ["0123abc", "4567def"]) {
    mkdirSync(cached("snapshots", commit), { recursive: true });
    writeFileSync(cached("snapshots", commit, "config.json"), "{}");
  }
  mkdirSync(cached("refs"));
  writeFileSync(cached("refs", "main"), "4567def\n");
});
afterEach(() => vi.unstubAllEnvs());

describe("a folder of the Hugging Face cache", () => {
  it("is the snapshot that refs/main names", () => {
    expect(findModel(cached())).toBe(cached("snapshots", "4567def"));
    expect(findModel(cached("snapshots"))).toBe(cached("snapshots", "4567def"));
    expect(findModel(cached("snapshots", "0123abc"))).toBe(cached("snapshots", "0123abc"));
    expect(lastingName(cached())).toBe(cached());
  });

  it("is called by its repository", () => {
    expect(modelName(findModel(cached()))).toBe("org/tiny-model");
    expect(modelName(file("models", "tiny"))).toBe("tiny");
  });

  it("is its only snapshot where refs/main is missing, and refused where there are none or several", () => {
    const folder = (name: string, ...commits: string[]) => {
      mkdirSync(file(name, "snapshots"), { recursive: true });
      for (const commit of commits) mkdirSync(join(file(name), "snapshots", commit));
      return file(name);
    };
    const gpt2 = folder("models--gpt2", "77");
    expect(findModel(gpt2)).toBe(join(gpt2, "snapshots", "77"));
    expect(() => findModel(folder("models--org--none"))).toThrow(
      "is a folder of the Hugging Face cache without a snapshot: fetch it with gpt pull org/none",
    );
    expect(() => findModel(folder("models--org--two", "1", "2"))).toThrow(
      /has 2 snapshots, and refs\/main names none: give one of them: .*snapshots/,
    );
  });
});

describe("a name on Hugging Face", () => {
  it("is refused with the way to get the model", () => {
    vi.stubEnv("HF_HUB_CACHE", file("empty"));
    expect(() => findModel("openai-community/gpt2")).toThrow(
      'no model "openai-community/gpt2": it is no path, and not in the Hugging Face cache: fetch it with gpt pull openai-community/gpt2',
    );
  });

  it("is found in the cache, by its revision too", () => {
    vi.stubEnv("HF_HUB_CACHE", file("hub"));
    expect(findModel("org/tiny-model")).toBe(cached("snapshots", "4567def"));
    expect(findModel("org/tiny-model@0123abc")).toBe(cached("snapshots", "0123abc"));
    expect(lastingName("org/tiny-model")).toBe("org/tiny-model");
    expect(() => findModel("org/tiny-model:Q8_0")).toThrow("fetch it with gpt pull org/tiny-model:Q8_0");
    expect(() => findModel("org/tiny-model@other")).toThrow("fetch it with gpt pull org/tiny-model@other");
  });

  it("is nothing that looks like a path", () => {
    for (const name of ["./nothing", "../nothing", "a/b/c", "/nothing", "src/nothing", "org/nothing.gguf"]) {
      expect(() => findModel(name)).toThrow(/the models there are/);
    }
  });
});

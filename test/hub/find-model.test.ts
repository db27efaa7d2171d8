import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { EMBEDDED_MODEL, findModel, lastingName, modelFolders, modelsIn } from "../../src/hub/find-model.ts";

const embedded = fileURLToPath(new URL(`../../models/${EMBEDDED_MODEL}`, import.meta.url));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gpt-models-"));
  mkdirSync(join(folder, "tiny"));
  writeFileSync(join(folder, "tiny", "config.json"), "{}");
  writeFileSync(join(folder, "small.gguf"), "");
  mkdirSync(join(folder, "notes"));
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

describe("findModel", () => {
  it("takes a path that exists as it is", () => {
    expect(findModel(join(folder, "tiny"))).toBe(join(folder, "tiny"));
    expect(findModel(join(folder, "small.gguf"))).toBe(join(folder, "small.gguf"));
  });

  it("finds a name in $GPT_MODELS, with and without .gguf", () => {
    vi.stubEnv("GPT_MODELS", folder);
    expect(findModel("tiny")).toBe(join(folder, "tiny"));
    expect(findModel("small")).toBe(join(folder, "small.gguf"));
    expect(findModel("small.gguf")).toBe(join(folder, "small.gguf"));
  });

  it("looks in every folder that $GPT_MODELS lists", () => {
    vi.stubEnv("GPT_MODELS", [join(folder, "notes"), "", folder].join(delimiter));
    expect(findModel("tiny")).toBe(join(folder, "tiny"));
  });

  it("takes $GPT_MODEL where nothing is named, and else the embedded model", () => {
    vi.stubEnv("GPT_MODELS", folder);
    vi.stubEnv("GPT_MODEL", "tiny");
    expect(findModel()).toBe(join(folder, "tiny"));
    expect(findModel("small")).toBe(join(folder, "small.gguf"));
    vi.stubEnv("GPT_MODEL", "");
    expect(findModel()).toBe(embedded);
  });

  it("names the folders that it searched and their models", () => {
    vi.stubEnv("GPT_MODELS", folder);
    const message = messageOf(() => findModel("tyni"));
    expect(message).toContain('no model "tyni"');
    expect(message).toContain(folder);
    expect(message).toMatch(/the models there are .*small.*tiny/);
    expect(message).not.toContain("notes");
    expect(message).not.toContain("\n");
  });

  it("mentions $GPT_MODELS where it is not set", () => {
    vi.stubEnv("GPT_MODELS", undefined);
    expect(messageOf(() => findModel("nothing"))).toContain("$GPT_MODELS");
  });

  it("does not take an empty name for a folder", () => {
    vi.stubEnv("GPT_MODELS", folder);
    expect(() => findModel("")).toThrow('no model ""');
  });
});

describe("lastingName", () => {
  it("is a name as it is, and a whole path", () => {
    expect(lastingName(EMBEDDED_MODEL)).toBe(EMBEDDED_MODEL);
    expect(lastingName("src")).toBe(resolve("src"));
    expect(() => lastingName("nothing-of-that-name")).toThrow('no model "nothing-of-that-name"');
  });
});

describe("modelsIn", () => {
  it("lists directories with a config.json and GGUF files", () => {
    expect(modelsIn(folder)).toEqual([
      { name: "small", path: join(folder, "small.gguf"), folder },
      { name: "tiny", path: join(folder, "tiny"), folder },
    ]);
  });

  it("finds none where there is no folder", () => {
    expect(modelsIn(join(folder, "none"))).toEqual([]);
    expect(modelsIn(join(folder, "small.gguf"))).toEqual([]);
  });

  it("knows the embedded model", () => {
    vi.stubEnv("GPT_MODELS", "");
    expect(
      modelFolders()
        .flatMap(modelsIn)
        .map(({ path }) => path),
    ).toEqual([embedded]);
  });
});

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  throw new Error("nothing was thrown");
}

it("modelsIn tells a directory from a GGUF file of the same name", () => {
  mkdirSync(join(folder, "both"));
  mkdirSync(join(folder, "both", "tiny"));
  writeFileSync(join(folder, "both", "tiny", "config.json"), "{}");
  writeFileSync(join(folder, "both", "tiny.gguf"), "");
  vi.stubEnv("GPT_MODELS", join(folder, "both"));
  const found = modelsIn(join(folder, "both"));
  expect(found.map(({ name }) => name)).toEqual(["tiny", "tiny.gguf"]);
  expect(found.map(({ name }) => findModel(name))).toEqual(found.map(({ path }) => path));
});

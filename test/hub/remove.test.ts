import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { cachedModel, cachedModels } from "../../src/hub/cached-models.ts";
import { removeModel } from "../../src/hub/remove.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { expectRefusal } from "../tokenizer/fixtures.ts";

const file = temporaryFolder();
let runs = 0;
let cache = "";

/** A snapshot, with the number of bytes of each file. The same number is the same blob. */
function snapshot(repository: string, commit: string, files: Readonly<Record<string, number>>, ref?: string) {
  const folder = join(cache, `models--${repository.replace("/", "--")}`);
  for (const [path, size] of Object.entries(files)) {
    const blob = join(folder, "blobs", `b${size}`);
    const link = join(folder, "snapshots", commit, path);
    mkdirSync(dirname(blob), { recursive: true });
    mkdirSync(dirname(link), { recursive: true });
    writeFileSync(blob, Buffer.alloc(size));
    symlinkSync(blob, link);
  }
  if (ref === undefined) return;
  mkdirSync(join(folder, "refs"), { recursive: true });
  writeFileSync(join(folder, "refs", ref), commit);
}

beforeEach(() => {
  cache = file(`cache${runs++}`);
  vi.stubEnv("HF_HUB_CACHE", cache);
  snapshot("o/m", "aaa", { "config.json": 10, "model.safetensors": 100 }, "main");
  snapshot("o/m", "bbb", { "config.json": 10, "model.safetensors": 200 }, "old");
  snapshot("o/g", "ccc", { "g-Q4_0.gguf": 300, "deep/g-Q8_0.gguf": 400 }, "main");
});

const blobs = (name: string) => readdirSync(join(cache, name, "blobs")).sort();

describe("models in the cache", () => {
  it("are listed by the names with which they are found", () => {
    const models = cachedModels();
    expect(models.map(({ name }) => name)).toEqual(["o/g:Q8_0", "o/g:Q4_0", "o/m"]);
    for (const { name, path } of models) expect(cachedModel(name)).toBe(path);
    expect(() => cachedModel("o/g")).toThrow("choose one, as o/g:Q8_0");
    expect(cachedModel("o/m@old")).toBe(join(cache, "models--o--m", "snapshots", "bbb"));
    expect(cachedModel("o/none")).toBeUndefined();
  });

  it("are removed whole", async () => {
    writeFileSync(join(cache, "models--o--m", "blobs", "x.incomplete"), "123");
    expect(await removeModel("o/m", true)).toMatchObject({ name: "o/m", freedBytes: 313 });
    expect(cachedModel("o/m")).toBeDefined();
    expect((await removeModel("o/m")).files).toHaveLength(4);
    expect(existsSync(join(cache, "models--o--m"))).toBe(false);
  });

  it("are removed by revision: blobs of others stay", async () => {
    const removed = await removeModel("o/m@old");
    expect(removed).toMatchObject({ files: ["bbb/config.json", "bbb/model.safetensors"], freedBytes: 200 });
    expect(blobs("models--o--m")).toEqual(["b10", "b100"]);
    expect(readdirSync(join(cache, "models--o--m", "refs"))).toEqual(["main"]);
    expect(readdirSync(join(cache, "models--o--m", "snapshots"))).toEqual(["aaa"]);
    await removeModel("o/m@aaa");
    expect(existsSync(join(cache, "models--o--m"))).toBe(false);
  });

  it("are removed by quantization", async () => {
    expect(await removeModel("o/g:q8_0")).toMatchObject({ files: ["ccc/deep/g-Q8_0.gguf"], freedBytes: 400 });
    expect(cachedModels().map(({ name }) => name)).toEqual(["o/g:Q4_0", "o/m"]);
    await removeModel("o/g:Q4_0");
    expect(existsSync(join(cache, "models--o--g"))).toBe(false);
  });

  it("are missed with the nearest name", async () => {
    await expectRefusal(() => removeModel("o/n"), "o/n is not in the Hugging Face cache: did you mean o/");
    await expectRefusal(() => removeModel("someone/else"), "gpt models lists what is there");
    await expectRefusal(() => removeModel("o/m@other"), "o/m@other is not in the Hugging Face cache");
    await expectRefusal(() => removeModel("o/m:Q4_0"), "o/m:Q4_0 is not in the Hugging Face cache");
    await expectRefusal(() => removeModel("o/g:Q2_K"), "o/g has no GGUF file of Q2_K");
    await expectRefusal(() => removeModel("gpt2"), "expected OWNER/NAME");
  });
});

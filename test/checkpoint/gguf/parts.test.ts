import { copyFileSync, existsSync, rmSync } from "node:fs";
import { expect, it } from "vitest";
import { ggufValue } from "../../../src/checkpoint/gguf/entries.ts";
import { readGguf, readGgufEntries } from "../../../src/checkpoint/gguf/gguf.ts";
import { openGguf, partName } from "../../../src/checkpoint/gguf/parts.ts";
import { ggufParts, writeGguf, writeGgufParts } from "../../../src/checkpoint/gguf/writer.ts";
import type { TensorToWrite } from "../../../src/checkpoint/tensor-to-write.ts";
import { modelsIn } from "../../../src/hub/find-model.ts";
import { loadModel, quantizeModel } from "../../../src/index.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const file = temporaryFolder();

const tensor = (name: string, length: number): TensorToWrite => ({
  name,
  dtype: "F32",
  shape: [length],
  send: (write) => write(new Uint8Array(4 * length).fill(name.charCodeAt(0))),
});
const entries = new Map([["general.name", ggufValue.string("three")]]);

it("parts have as many tensors as fit, and one at least; one part keeps its name", () => {
  const tensors = [tensor("a", 8), tensor("b", 8), tensor("c", 100), tensor("d", 1)];
  const namesAt = (most?: number) =>
    ggufParts("m.gguf", tensors, most).map(({ tensors }) => tensors.map(({ name }) => name).join(""));
  expect(namesAt()).toEqual(["abcd"]);
  expect(namesAt(64)).toEqual(["ab", "c", "d"]);
  expect(namesAt(63)).toEqual(["a", "b", "c", "d"]);
  expect(ggufParts("m.gguf", tensors, 64).map(({ path }) => path)).toEqual([
    "m-00001-of-00003.gguf",
    "m-00002-of-00003.gguf",
    "m-00003-of-00003.gguf",
  ]);
  expect(ggufParts("m.gguf", tensors)[0]?.path).toBe("m.gguf");
});

async function writeThree(stem: string): Promise<readonly string[]> {
  const parts = ggufParts(file(`${stem}.gguf`), [tensor("a", 8), tensor("b", 8), tensor("c", 8)], 32);
  await writeGgufParts(entries, parts);
  return parts.map(({ path }) => path);
}

it("any part opens all of them, with the metadata of the first", async () => {
  const paths = await writeThree("three");
  for (const path of paths) {
    const { metadata, tensors, path: first } = await openGguf(path);
    expect(first).toBe(paths[0]);
    expect(metadata.get("general.name")).toBe("three");
    expect([...tensors.values()].map(({ name, file }) => [name, file])).toEqual(
      ["a", "b", "c"].map((name, i) => [name, paths[i]]),
    );
  }
  expect([...(await readGgufEntries(paths[1] as string)).keys()]).toEqual([
    "split.no",
    "split.count",
    "split.tensors.count",
  ]);
});

it("a missing part, parts that changed places and doubled tensors are errors of one line", async () => {
  const [first = "", second = "", third = ""] = await writeThree("missing");
  rmSync(second);
  const missing = await rejectionOf(openGguf(third));
  expect(missing).toMatchObject({
    code: "not-found",
    message: `${second}: is missing, a part of the same model as ${third}: fetch it too`,
  });
  copyFileSync(third, second);
  expect((await rejectionOf(openGguf(first))).message).toBe(
    `${second}: says that it is part 2 of 3, counted from 0; expected 1 of 3: fetch it again`,
  );
  copyFileSync(first, file("alone.gguf"));
  expect((await rejectionOf(openGguf(file("alone.gguf")))).message).toContain(
    "is one of 3 parts: expected a name such as NAME-00001-of-00003.gguf",
  );

  const place = (i: number) =>
    new Map([
      ["split.no", ggufValue.uint16(i)],
      ["split.count", ggufValue.uint16(2)],
      ["split.tensors.count", ggufValue.int32(2)],
    ]);
  const [one, two] = [1, 2].map((i) => partName(file("twice"), i, 2)) as [string, string];
  await writeGguf(one, new Map([...entries, ...place(0)]), [tensor("a", 8)]);
  await writeGguf(two, place(1), [tensor("a", 8)]);
  expect((await rejectionOf(openGguf(two))).message).toBe(
    `${two}: tensor "a" is in ${one} too: fetch both again`,
  );
  await writeGguf(two, place(1), [tensor("b", 8), tensor("c", 8)]);
  expect((await rejectionOf(openGguf(two))).message).toContain("its parts have 3 tensors, expected 2");
  await writeGguf(two, new Map([["split.count", ggufValue.uint16(0)]]), []);
  expect((await rejectionOf(openGguf(two))).message).toContain("split.count is 0, expected 1 to 4096");
});

it("an error while a later part is written leaves no part", async () => {
  const failing = { ...tensor("b", 8), send: () => Promise.reject(new Error("no")) };
  const parts = ggufParts(file("failed.gguf"), [tensor("a", 8), failing], 32);
  await expect(writeGgufParts(entries, parts)).rejects.toThrow("no");
  expect(parts.filter(({ path }) => existsSync(path))).toEqual([]);
});

it("a model in parts is quantized, listed once, and loads from each part as the whole does", async () => {
  const whole = file("models", "whole.gguf");
  const { files } = await quantizeModel("models/stories", file("models", "parts.gguf"), "q4_k_m", {
    splitBytes: 1_500_000,
  });
  await quantizeModel("models/stories", whole, "q4_k_m");
  expect(files.length).toBeGreaterThan(2);
  expect(modelsIn(file("models")).map(({ name }) => name)).toEqual([
    `parts-00001-of-0000${files.length}`,
    "whole",
  ]);
  const logits = async (path: string) => {
    await using model = await loadModel(path, { threads: 1, simd: "plain" });
    return model.createSession().append([1, 2, 3]);
  };
  const expected = await logits(whole);
  for (const path of files) expect(await logits(path)).toEqual(expected);
  await quantizeModel(files[1], file("models", "joined.gguf"), "q4_k_m");
  const [joined, own] = [await readGguf(file("models", "joined.gguf")), await readGguf(whole)];
  expect(joined.metadata).toEqual(own.metadata);
  expect(await logits(joined.path)).toEqual(expected);
  const error = await rejectionOf(
    quantizeModel(files[1], file("models", "parts.gguf"), "q4_k_m", { splitBytes: 1_500_000 }),
  );
  expect(error.message).toContain("is what is read");
});

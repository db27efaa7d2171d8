import { writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ggufValue } from "../../../src/checkpoint/gguf/entries.ts";
import { writeGguf } from "../../../src/checkpoint/gguf/writer.ts";
import { readImportance, writeImportance } from "../../../src/convert/importance/files.ts";
import { type Importance, meanSquares } from "../../../src/convert/importance/importance.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const file = temporaryFolder();

const importance: Importance = {
  path: "made here",
  texts: ["book.txt"],
  windows: 4,
  windowSize: 512,
  tensors: new Map([
    ["blk.0.attn_q.weight", { squares: Float32Array.of(8, 16, 24), counts: [8] }],
    ["blk.0.ffn_up_exps.weight", { squares: Float32Array.of(2, 4, 0, 0, 9, 18), counts: [2, 0, 3] }],
  ]),
};

const means = (own: Importance) => ({
  dense: meanSquares(own, "blk.0.attn_q.weight", 3),
  experts: [0, 1, 2].map((expert) => meanSquares(own, "blk.0.ffn_up_exps.weight", 2, expert, 3)),
});

it.each(["imatrix.gguf", "imatrix.dat"])("%s has the means that were written", async (name) => {
  await writeImportance(file(name), importance);
  const read = await readImportance(file(name));
  expect(read).toMatchObject({ texts: ["book.txt"], windows: 4 });
  expect(means(read)).toEqual(means(importance));
  expect(means(read)).toEqual({
    dense: Float32Array.of(1, 2, 3),
    // An expert that has read nothing has means of 1.
    experts: [Float32Array.of(1, 2), Float32Array.of(1, 1), Float32Array.of(3, 6)],
  });
  expect(meanSquares(read, "blk.1.attn_q.weight", 3)).toBeUndefined();
  expect(() => meanSquares(read, "blk.0.attn_q.weight", 4)).toThrow(
    'has 3 inputs of "blk.0.attn_q.weight", but the model has 4: it was made for another model',
  );
});

/** One tensor `a` with these inputs. */
function dat(inputs: readonly number[], length = inputs.length, count = 1): Buffer {
  const int = (value: number) => Buffer.from(Int32Array.of(value).buffer);
  const floats = Buffer.from(Float32Array.from(inputs).buffer);
  return Buffer.concat([int(count), int(1), Buffer.from("a"), int(1), int(length), floats]);
}

it.each<[string, Buffer, string]>([
  [
    "no importances",
    Buffer.from("This is a text."),
    "the number of tensors is 1936287828, expected 1 to 65536",
  ],
  ["an empty file", Buffer.alloc(0), "ends within the number of tensors"],
  ["inputs that are cut short", dat([1, 2], 9), "ends within the inputs of a"],
  ["a negative sum", dat([1, -2]), '"a" has -2, expected a sum of squares'],
  ["a sum that is no number", dat([Number.NaN]), '"a" has NaN, expected a sum of squares'],
  ["more inputs than a layer has", dat([1], 2 ** 30), "the number of inputs of a is 1073741824"],
  ["too few tensors", dat([1], 1, 2), "ends within the length of the name of tensor 1"],
])("%s is an error of one line", async (name, bytes, message) => {
  writeFileSync(file(`${name}.dat`), bytes);
  const error = await rejectionOf(readImportance(file(`${name}.dat`)));
  expect(error).toMatchObject({ code: "invalid-file", message: expect.stringContaining(message) });
  expect(error.message).not.toContain("\n");
});

it("a model is no file of importances, and sums without counts are damaged", async () => {
  await writeGguf(file("model.gguf"), new Map([["general.type", ggufValue.string("model")]]), []);
  expect((await rejectionOf(readImportance(file("model.gguf")))).message).toContain(
    "general.type is not imatrix",
  );
  const sums = {
    name: "a.in_sum2",
    dtype: "F32",
    shape: [1],
    send: (write: (bytes: Uint8Array) => Promise<void>) => write(new Uint8Array(4)),
  };
  await writeGguf(file("lonely.gguf"), new Map([["general.type", ggufValue.string("imatrix")]]), [sums]);
  expect((await rejectionOf(readImportance(file("lonely.gguf")))).message).toContain(
    '"a.in_sum2" has no counts beside it',
  );
});

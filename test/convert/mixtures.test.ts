import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { readGguf } from "../../src/checkpoint/gguf/gguf.ts";
import { TensorReader } from "../../src/checkpoint/reader.ts";
import { type MixedModel, type MixtureName, mixedType } from "../../src/convert/mixtures.ts";
import { quantizeModel } from "../../src/index.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const file = temporaryFolder();

/** The beginning of the SHA-256 of all tensors by name that llama-quantize makes of the embedded model. */
it.each<[MixtureName, string]>([
  ["q4_k_m", "f96a7f64fbb93643"],
  ["q3_k_m", "08ff68bf9aad6922"],
  ["q2_k", "fe1307c5b80763ad"],
  ["iq4_xs", "4fea0a4e337fb98c"],
  ["q5_0", "95d5931ce7bfc31f"],
  ["q6_k", "2e65cd553bcc6c60"],
  ["q4_k_s", "f0176e4a867a1dd5"],
])("a file in %s has the bytes of llama.cpp", async (type, digest) => {
  const path = file(`${type}.gguf`);
  await quantizeModel("models/stories", path, type);
  const { tensors } = await readGguf(path);
  await using reader = new TensorReader();
  const hash = createHash("sha256");
  for (const name of [...tensors.keys()].sort()) {
    const tensor = tensors.get(name);
    if (tensor === undefined) continue;
    const bytes = new Uint8Array(tensor.byteLength);
    await reader.read(tensor, 0, bytes);
    hash.update(bytes);
  }
  expect(hash.digest("hex").slice(0, 16)).toBe(digest);
});

it("rows that are no whole blocks are reported", async () => {
  const { fallbacks } = await quantizeModel("models/stories", file("whole.gguf"), "q4_k_m");
  expect(fallbacks).toEqual([]);
});

const dense: MixedModel = {
  layers: 32,
  queriesPerKey: 1,
  experts: 0,
  values: 32,
  isTied: false,
  hasImportance: false,
};
const grouped = { ...dense, queriesPerKey: 4 };
const eight = { ...dense, experts: 8 };
const many = { ...dense, experts: 64 };
const large = { ...dense, layers: 80, values: 80, queriesPerKey: 8 };
const measured = { ...dense, hasImportance: true };

it.each<[MixtureName, MixedModel, string, number, string]>([
  ["q4_k_m", dense, "attn_v", 3, "Q6_K"],
  ["q4_k_m", dense, "attn_v", 4, "Q4_K"],
  ["q4_k_m", dense, "attn_v", 6, "Q6_K"],
  ["q4_k_m", dense, "ffn_down", 28, "Q6_K"],
  ["q4_k_m", dense, "ffn_up", 0, "Q4_K"],
  ["q4_k_m", large, "attn_v", 11, "Q5_K"],
  ["q4_k_m", eight, "attn_v", 4, "Q8_0"],
  ["q4_k_m", eight, "attn_k", 4, "Q8_0"],
  ["q4_k_m", eight, "attn_output", 4, "Q5_K"],
  ["q4_k_m", many, "attn_output", 4, "Q4_K"],
  ["q4_k_s", dense, "ffn_down", 3, "Q5_K"],
  ["q4_k_s", dense, "ffn_down", 4, "Q4_K"],
  ["q3_k_m", dense, "ffn_down", 1, "Q5_K"],
  ["q3_k_m", dense, "ffn_down", 2, "Q4_K"],
  ["q3_k_l", eight, "attn_output", 2, "Q3_K"],
  ["q2_k", dense, "attn_v", 2, "Q3_K"],
  ["q2_k", grouped, "attn_v", 2, "Q4_K"],
  ["q2_k_s", grouped, "attn_v", 2, "Q4_K"],
  ["iq4_xs", grouped, "attn_v", 2, "Q5_K"],
  ["iq4_xs", dense, "ffn_down", 3, "Q5_K"],
  ["iq4_xs", measured, "ffn_down", 3, "IQ4_XS"],
  ["q4_0", dense, "ffn_down", 3, "Q4_0"],
  ["q4_0", measured, "ffn_down", 3, "Q4_1"],
  ["mxfp4_moe", eight, "ffn_up", 3, "Q8_0"],
  ["bf16", eight, "attn_v", 3, "BF16"],
])("%s of %o: %s of layer %i is %s", (mixture, model, name, layer, type) => {
  const tensor = { name: `blk.${layer}.${name}.weight`, layer, inputs: 4096, isExpert: false };
  expect(mixedType(mixture, model, tensor, layer)).toBe(type);
});

it("the head, and an embedding that is one, are Q6_K, or Q8_0 if their rows are no whole blocks", () => {
  const head = { name: "output.weight", layer: undefined, inputs: 4096, isExpert: false };
  const embedding = { ...head, name: "token_embd.weight" };
  expect(mixedType("q4_k_m", dense, head, 0)).toBe("Q6_K");
  expect(mixedType("q4_k_m", dense, { ...head, inputs: 4000 }, 0)).toBe("Q8_0");
  expect(mixedType("q4_k_m", dense, embedding, 0)).toBe("Q4_K");
  expect(mixedType("q4_k_m", { ...dense, isTied: true }, embedding, 0)).toBe("Q6_K");
  expect(
    mixedType("mxfp4_moe", eight, { ...head, name: "blk.1.ffn_up_exps.weight", isExpert: true }, 0),
  ).toBe("MXFP4");
});

/** Tensors are written of matrices that lie in several memories. */
import { expect, it } from "vitest";
import { openCheckpoint } from "../../../src/checkpoint/open.ts";
import { kvShapeOf } from "../../../src/engine/kv-types.ts";
import { parseModel } from "../../../src/families/parse.ts";
import { planBanks } from "../../../src/weights/banks/plan.ts";
import { matrixNamed } from "../../../src/weights/load.ts";
import { weightBytes } from "../../../src/weights/memory-plan.ts";
import { openBanks } from "../../../src/weights/open.ts";
import { loadPlan, planWeights } from "../../../src/weights/plan.ts";
import { tensorsToWrite } from "../../../src/weights/tensor-writer.ts";
import { writeRandomDirectory } from "../../fixtures/random-checkpoint.ts";
import { llama } from "../../fixtures/stored-config.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { writeAdapter } from "../adapters/write-adapter.ts";

const file = temporaryFolder();

/**
 * The bytes of all tensors, adapters merged in, and the number of banks.
 *
 * @param share of all that a bank holds
 */
async function written(vocabSize: number, share: number): Promise<[bytes: Buffer, banks: number]> {
  writeRandomDirectory(file("model"), { ...llama, vocabSize });
  const { nEmbd, nInner, nLayer } = llama;
  const layers = Array.from({ length: nLayer }, (_, i) => [`model.layers.${i}.mlp.up_proj`, [nInner, nEmbd]]);
  writeAdapter(file("adapter"), Object.fromEntries(layers));
  const checkpoint = await openCheckpoint(file("model"));
  const description = await parseModel(checkpoint);
  const plan = await planWeights(checkpoint, description, () => "f32", [{ path: file("adapter") }]);
  const { config } = description;
  const room = share * weightBytes(plan.weights, plan.dtypeOf);
  using open = openBanks({ simd: "plain", threads: 1 }, () =>
    planBanks({ config, contextSize: 1, kvShape: kvShapeOf(config) }, plan, () => room),
  );
  const matrices = await loadPlan(open, plan, {});
  const chunks: Uint8Array[] = [];
  for (const weight of plan.weights) {
    const matrix = matrixNamed(matrices, weight.spec.name);
    for (const tensor of tensorsToWrite(open.packingOf(matrix), "", weight, matrix)) {
      await tensor.send(async (bytes) => void chunks.push(bytes.slice()));
    }
  }
  return [Buffer.concat(chunks), open.planned.length];
}

it("has the bytes of one memory", async () => {
  const [whole, one] = await written(llama.vocabSize, 2);
  const [spread, several] = await written(llama.vocabSize, 0.95);
  expect([one, several > 1]).toEqual([1, true]);
  expect(spread.equals(whole)).toBe(true);
});

it("is refused for a table whose rows lie in several", async () => {
  await expect(written(3001, 0.4)).rejects.toThrow("rows of a table lie in several memories");
});

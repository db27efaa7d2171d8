/** Models whose layers and tables lie in several banks, which are made small for the tests. */
import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { allocatedIn, allocatedInAll } from "../../src/compute/memory/process-memory.ts";
import { Runtime } from "../../src/compute/runtime.ts";
import { Model, type ModelOptions } from "../../src/engine/model.ts";
import { Reader } from "../../src/engine/reader.ts";
import { GptError } from "../../src/errors.ts";
import { parseModel } from "../../src/families/parse.ts";
import { builds } from "../compute/laboratory.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { failAt } from "../fixtures/faults.ts";
import { writeRandomDirectory } from "../fixtures/random-checkpoint.ts";
import { gpt2, llama } from "../fixtures/stored-config.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { describeWithShared } from "../shared.ts";
import { writeAdapter } from "../weights/adapters/write-adapter.ts";
import { expectSameBits, rows } from "./bits.ts";
import { expectOneLogits } from "./golden/expect-one-logits.ts";
import { logitsOf } from "./golden/models.ts";
import { GOLDEN, longestText, pathOf } from "./golden/table.ts";

const one = { simd: "plain", threads: 1 } as const satisfies ModelOptions;

async function open(path: string) {
  const checkpoint = await openCheckpoint(path);
  return [checkpoint, await parseModel(checkpoint)] as const;
}

/** A share of what the model needs, as the room of a bank. */
function roomFor({ banks: [bank] }: Model, share: number): () => number {
  const { weightBytes = 0, cacheBytes = 0 } = bank ?? {};
  return () => share * (weightBytes + cacheBytes);
}

/** Most of its layers share the keys of one: they stay together. */
const UNDIVIDED = "gemma4";

describeWithShared("a golden checkpoint in several banks gives the bytes of one", () => {
  it.each(GOLDEN.filter((name) => name !== UNDIVIDED))(
    "%s: for threads, chunks, batches, forks and truncation",
    async (name) => {
      const ids = longestText(name);
      const options = { ...one, contextSize: ids.length };
      await using whole = await Model.load(...(await open(pathOf(name))), options);
      const expected = await logitsOf(whole, ids);
      await using model = await Model.load(...(await open(pathOf(name))), options, roomFor(whole, 0.9));
      const { banks } = model;
      expect(banks.length).toBeGreaterThan(1);
      expect(banks.reduce((sum, { layers }) => sum + layers, 0)).toBe(model.config.layers.length);

      await expectOneLogits(model, ids, expected);
    },
  );

  it.each(["gpt2", "gemma2", "mixtral", "qwen3_next", "phi3-longrope"])(
    "%s: over three banks and more, in any build",
    async (name) => {
      const ids = longestText(name);
      for (const simd of builds) {
        const options = { simd, threads: 2, contextSize: ids.length };
        await using whole = await Model.load(...(await open(pathOf(name))), options);
        await using model = await Model.load(...(await open(pathOf(name))), options, roomFor(whole, 0.55));
        expect(model.banks.length).toBeGreaterThan(2);
        const expected = await logitsOf(whole, ids, 5);
        expectSameBits(await logitsOf(model, ids, 5), expected, model.config.vocabSize);
      }
    },
  );

  it.each([
    ["llama", 200_000],
    ["lfm2", 120_000],
    ["bert-mlm", 120_000],
  ])("%s: read as whole texts", async (name, room) => {
    const texts = [{ ids: [1, 2, 3, 4, 5] }, { ids: [9] }, { ids: [7, 3, 11, 5, 2, 8] }];
    const parts = await open(pathOf(name));
    const options = { ...one, contextSize: 16 };
    const whole = await Reader.load(...parts, options);
    const before = allocatedIn(1);
    const spread = await Reader.load(...parts, options, () => room);
    expect(allocatedIn(1)).toBeGreaterThan(before);
    expect(await spread.hidden(texts)).toEqual(await whole.hidden(texts));
    await whole.close();
    await spread.close();
  });

  it("refuses layers that share keys and are larger than a bank", async () => {
    const parts = await open(pathOf(UNDIVIDED));
    await using whole = await Model.load(...parts, one);
    const { code, message } = await rejectionOf(Model.load(...parts, one, roomFor(whole, 0.9)));
    expect(code).toBe("resource");
    expect(message).toMatch(/^the model cannot be spread over memories .*layers 1 to 5 share keys and need/);
  });

  it("refuses an encoder with a decoder", async () => {
    const parts = await open(pathOf("t5"));
    const { code, message } = await rejectionOf(Model.load(...parts, one, () => 50_000));
    expect([code, message]).toEqual([
      "resource",
      "an encoder with a decoder must fit in one memory of 4 GiB: quantize it",
    ]);
  });
});

describe("a model in several banks", () => {
  const file = temporaryFolder();
  const ids = Array.from({ length: 40 }, (_, i) => (i * 523) % 2000);

  it.each([
    ["a head of its own", { ...llama, tiedHead: false }, undefined],
    ["a tied head", { ...gpt2, tiedHead: true }, undefined],
    [
      "integers of 8 bits",
      { ...llama, tiedHead: false, nEmbd: 64, headDim: 16, nHead: 4, nKvHead: 2 },
      "q8_0",
    ],
  ] as const)(
    "splits the rows of a table that is larger than a bank: %s",
    async (name, config, quantization) => {
      writeRandomDirectory(file(name), { ...config, vocabSize: 2003 });
      const options = { ...one, quantization };
      await using whole = await Model.load(...(await open(file(name))), options);
      await using model = await Model.load(...(await open(file(name))), options, roomFor(whole, 0.45));
      expect(model.banks.length).toBeGreaterThan(2);
      for (const chunk of [1, 40]) {
        expectSameBits(await logitsOf(model, ids, chunk), await logitsOf(whole, ids), 2003);
      }
    },
  );

  it("adds adapters to weights wherever they lie", async () => {
    writeRandomDirectory(file("adapted"), llama);
    const { nEmbd, nInner, vocabSize } = llama;
    const layers = Array.from({ length: llama.nLayer }, (_, i) => [
      `model.layers.${i}.mlp.up_proj`,
      [nInner, nEmbd],
    ]);
    writeAdapter(file("adapter"), { ...Object.fromEntries(layers), lm_head: [vocabSize, nEmbd] });
    const options = { ...one, adapters: [{ path: file("adapter") }] };
    await using whole = await Model.load(...(await open(file("adapted"))), options);
    await using model = await Model.load(...(await open(file("adapted"))), options, roomFor(whole, 0.9));
    expect(model.banks.length).toBeGreaterThan(1);
    const text = ids.map((id) => id % vocabSize);
    expectSameBits(await logitsOf(model, text), await logitsOf(whole, text), vocabSize);
  });

  it("frees all banks, and is as before after a fault in any of them", async () => {
    writeRandomDirectory(file("llama"), llama);
    const parts = await open(file("llama"));
    await using whole = await Model.load(...parts, one);
    const expected = await logitsOf(
      whole,
      ids.map((id) => id % llama.vocabSize),
    );
    const room = roomFor(whole, 0.9);
    await (await Model.load(...parts, one, room)).close(); // scratch memory of both banks stays
    const before = allocatedInAll();
    const model = await Model.load(...parts, one, room);
    const session = model.createSession();
    const text = ids.map((id) => id % llama.vocabSize);
    await session.append(text.slice(0, 3));
    const held = allocatedInAll();
    for (const { number } of model.banks) {
      const { memory } = Runtime.get("plain", number);
      const fault = failAt(memory, "allocate", 1, new GptError("resource", "a fault that was made"));
      await expect(session.append(text.slice(3))).rejects.toThrow("a fault that was made");
      fault.end();
      expect([session.length, allocatedInAll()]).toEqual([3, held]);
    }
    const rest = await session.append(text.slice(3), { every: true });
    expectSameBits(rest, rows(expected, llama.vocabSize, 3), llama.vocabSize);
    await model.close();
    expect(allocatedInAll()).toBe(before);
  });
});

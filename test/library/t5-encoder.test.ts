import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ggufValue } from "../../src/checkpoint/gguf/entries.ts";
import { ggufParts, writeGgufParts } from "../../src/checkpoint/gguf/writer.ts";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { Converter } from "../../src/convert/converter.ts";
import { ggufMetadata } from "../../src/convert/gguf-metadata.ts";
import { quantizeModel } from "../../src/convert/quantize.ts";
import { Reader } from "../../src/engine/reader.ts";
import { parseModel } from "../../src/families/parse.ts";
import { loadEncoder } from "../../src/index.ts";
import { gatherFacts } from "../../src/library/facts/model-facts.ts";
import { openWeights } from "../../src/weights/open.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { describeWithShared, shared } from "../shared.ts";

interface Case {
  readonly text: string;
  readonly ids: readonly number[];
  readonly encoder_rows: readonly number[];
  readonly encoder_hidden: readonly (readonly number[])[];
}

const file = temporaryFolder();

function expectStates(states: Float32Array, { encoder_rows: rows, encoder_hidden: hidden }: Case): void {
  const width = hidden[0]?.length ?? 0;
  const own = rows.map((row) => [...states.subarray(row * width, (row + 1) * width)]);
  const errors = own.flatMap((values, i) =>
    values.map((value, j) => Math.abs(value - (hidden[i]?.[j] ?? 0))),
  );
  expect(Math.max(...errors)).toBeLessThan(1e-4);
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, v, i) => sum + v * (y[i] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

describeWithShared("the encoder of a T5", () => {
  it.each(["t5", "t5-v1_1"])("%s gives its states, from a directory, GGUF and t5encoder", async (name) => {
    const folder = shared(`models/golden/${name}`);
    const { cases } = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as { cases: Case[] };
    const gguf = file(`${name}.gguf`);
    await quantizeModel(folder, gguf, "f32", { threads: 1 });
    for (const path of [folder, gguf]) {
      await using encoder = await loadEncoder(path, { threads: 1 });
      for (const example of cases) {
        const { ids, states } = await encoder.hidden(example.text);
        expect(ids).toEqual(example.ids);
        expectStates(states, example);
      }
      const [{ embedding, tokens } = { embedding: [], tokens: 0 }] = await encoder.embed([
        cases[0]?.text ?? "",
      ]);
      expect([embedding.length, tokens]).toEqual([encoder.config.nEmbd, cases[0]?.ids.length]);
    }
    // llama.cpp's files of the encoder alone have another architecture in all keys, and no decoder.
    const whole = await openCheckpoint(gguf);
    if (whole.format !== "gguf") throw new Error("no GGUF file");
    const metadata = new Map(
      [...whole.metadata].map(([key, value]) => [key.replace(/^t5\./, "t5encoder."), value]),
    );
    metadata.set("general.architecture", "t5encoder");
    const tensors = new Map([...whole.tensors].filter(([tensor]) => !tensor.startsWith("dec.")));
    const alone = { ...whole, metadata, tensors };
    const reader = await Reader.load(alone, await parseModel(alone, "none"), { threads: 1 });
    const states = await reader.hidden(cases.map(({ ids }) => ({ ids, typeIds: ids.map(() => 0) })));
    for (const [i, example] of cases.entries()) expectStates(states[i] ?? new Float32Array(), example);
    await reader.close();
    // As a file it is inspected, quantized and read.
    const path = file(`${name}-encoder.gguf`);
    using open = openWeights({});
    await using converter = new Converter(open, {});
    const copies = [...tensors.values()].map((tensor) => converter.copy(tensor));
    const stored = await ggufMetadata(whole, await parseModel(whole), 0);
    const entries = [...stored].map(([key, value]) => [key.replace(/^t5\./, "t5encoder."), value] as const);
    const named = new Map([...entries, ["general.architecture", ggufValue.string("t5encoder")]] as const);
    await writeGgufParts(named, ggufParts(path, copies));
    const facts = await gatherFacts(await openCheckpoint(path));
    expect([facts.family, facts.problem, facts.encoder]).toEqual(["t5", null, undefined]);
    const small = file(`${name}-encoder-q8_0.gguf`);
    await quantizeModel(path, small, "q8_0", { threads: 1 });
    const texts = cases.map(({ text }) => text);
    const [exact, rounded] = await Promise.all(
      [path, small].map(async (own) => {
        await using encoder = await loadEncoder(own, { threads: 1 });
        return (await encoder.embed(texts)).map(({ embedding }) => [...embedding]);
      }),
    );
    const cosines = exact?.map((own, i) => cosine(own, rounded?.[i] ?? [])) ?? [];
    expect(Math.min(...cosines)).toBeGreaterThan(0.999);
  });
});

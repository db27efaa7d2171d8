import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { openCheckpoint } from "../../../src/checkpoint/open.ts";
import { quantizeModel } from "../../../src/convert/quantize.ts";
import { Model } from "../../../src/engine/model.ts";
import type { Session } from "../../../src/engine/session.ts";
import { parseModel } from "../../../src/families/parse.ts";
import { relativeBuckets } from "../../../src/model/positions.ts";
import { builds } from "../../compute/laboratory.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { describeWithShared, shared } from "../../shared.ts";

interface Case {
  readonly text: string;
  readonly ids: readonly number[];
  readonly decoder_ids: readonly number[];
  readonly decoder_logits: readonly (readonly number[])[];
  readonly greedy: readonly number[];
  readonly greedy_forced?: readonly number[];
  readonly beam4: readonly { readonly ids: readonly number[]; readonly score: number }[];
}

/** Of each distance from -140 on. */
interface Buckets {
  readonly encoder_buckets: readonly number[];
  readonly decoder_buckets: readonly number[];
}

const file = temporaryFolder();

const GOLDEN = ["t5", "t5-v1_1", "bart"];
const pathOf = (name: string) => shared(`models/golden/${name}`);
const casesOf = (name: string): readonly Case[] =>
  (JSON.parse(readFileSync(`${pathOf(name)}/expected.json`, "utf8")) as { cases: Case[] }).cases;

async function load(name: string, options: { simd: "plain" | "relaxed"; threads: number }): Promise<Model> {
  const checkpoint = await openCheckpoint(pathOf(name));
  return await Model.load(checkpoint, await parseModel(checkpoint), options);
}

async function greedy(session: Session, startId: number, ends: number, count: number): Promise<number[]> {
  const ids: number[] = [];
  let next = startId;
  while (ids.length < count && ids.at(-1) !== ends) {
    const logits = await session.append([next]);
    next = logits.indexOf(Math.max(...logits));
    ids.push(next);
  }
  return ids;
}

describeWithShared("golden encoder-decoders", () => {
  for (const simd of builds) {
    it.each(GOLDEN)(`${simd}: %s gives the reference's logits and greedy ids`, async (name) => {
      await using model = await load(name, { simd, threads: 2 });
      const { startId } = model.config.encoder as { startId: number };
      const end = name === "bart" ? 2 : 1;
      for (const { ids, decoder_ids, decoder_logits, greedy: expected } of casesOf(name)) {
        const session = model.createSession();
        await session.read(ids);
        const all = await session.append(decoder_ids, { every: true });
        const logits = all.slice(-decoder_logits.flat().length);
        const errors = decoder_logits.flat().map((value, i) => Math.abs((logits[i] ?? Number.NaN) - value));
        expect(Math.max(...errors)).toBeLessThan(1e-4);
        session.truncate(0);
        expect(await greedy(session, startId, end, 16)).toEqual(expected);
      }
    });
  }
});

describeWithShared("a golden encoder-decoder gives the same bytes", () => {
  it.each(GOLDEN)("%s: for threads, chunks, batches and forks", async (name) => {
    await using model = await load(name, { simd: "plain", threads: 1 });
    const threaded = model.withThreads(3);
    const cases = casesOf(name);
    const alone = async (of: Model, { ids, decoder_ids }: Case, chunk: number) => {
      const session = of.createSession();
      await session.read(ids);
      const parts: Float32Array[] = [];
      for (let at = 0; at < decoder_ids.length; at += chunk) {
        parts.push(await session.append(decoder_ids.slice(at, at + chunk), { every: true }));
      }
      const fork = session.fork();
      fork.truncate(1);
      const again = await fork.append(decoder_ids.slice(1), { every: true });
      expect(again).toEqual(Float32Array.from(parts.flatMap((part) => [...part])).slice(-again.length));
      return parts.flatMap((part) => [...part]);
    };
    const expected: number[][] = [];
    for (const one of cases) expected.push(await alone(model, one, 100));
    expect(await Promise.all(cases.map((one) => alone(model, one, 1)))).toEqual(expected);
    expect(await Promise.all(cases.map((one, i) => alone(threaded, one, 2 + i)))).toEqual(expected);
  });
});

describeWithShared("a golden T5 as GGUF", () => {
  it.each(["t5", "t5-v1_1"])("%s: gives the same logits", async (name) => {
    const path = file(`${name}.gguf`);
    await quantizeModel(pathOf(name), path, "f32", { threads: 1 });
    const checkpoint = await openCheckpoint(path);
    await using model = await Model.load(checkpoint, await parseModel(checkpoint), { threads: 1 });
    for (const { ids, decoder_ids, decoder_logits } of casesOf(name)) {
      const session = model.createSession();
      await session.read(ids);
      const all = await session.append(decoder_ids, { every: true });
      const logits = all.slice(-decoder_logits.flat().length);
      const errors = decoder_logits.flat().map((value, i) => Math.abs((logits[i] ?? Number.NaN) - value));
      expect(Math.max(...errors)).toBeLessThan(1e-4);
    }
  });
});

describeWithShared("buckets of relative distances", () => {
  it.each(["t5", "t5-v1_1"])("%s: are the reference's", (name) => {
    const file = JSON.parse(readFileSync(`${pathOf(name)}/expected.json`, "utf8")) as Buckets;
    for (const [seesAhead, expected] of [
      [true, file.encoder_buckets],
      [false, file.decoder_buckets],
    ] as const) {
      const found = relativeBuckets({ buckets: 32, maxDistance: 128 }, seesAhead);
      expect(expected.length).toBe(281);
      expect(found).toEqual(expected.slice(12, -12));
      expect(expected.slice(0, 12).every((bucket) => bucket === found[0])).toBe(true);
      expect(expected.slice(-12).every((bucket) => bucket === found.at(-1))).toBe(true);
    }
  });
});

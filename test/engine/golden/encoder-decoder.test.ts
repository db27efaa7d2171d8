import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { openCheckpoint } from "../../../src/checkpoint/open.ts";
import { Model } from "../../../src/engine/model.ts";
import type { Session } from "../../../src/engine/session.ts";
import { parseModel } from "../../../src/families/parse.ts";
import { builds } from "../../compute/laboratory.ts";
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

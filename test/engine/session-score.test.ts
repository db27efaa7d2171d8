import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { Model } from "../../src/engine/model.ts";
import { parseModel } from "../../src/families/parse.ts";
import { divergence, logSum } from "../../src/reference/twins.ts";
import { builds } from "../compute/laboratory.ts";
import { sessionModels, size } from "./session-models.ts";

const { file, text } = sessionModels(["gpt2"]);

describe.each(builds)("scores of a session, %s build", (simd) => {
  let model: Model;
  beforeAll(async () => {
    const checkpoint = await openCheckpoint(file("gpt2"));
    model = await Model.load(checkpoint, await parseModel(checkpoint), {
      simd,
      threads: 2,
      contextSize: 400,
    });
  });
  afterAll(() => model.close());

  it("are the log-softmax of the logits, over several passes and beside other appends", async () => {
    const [ids, other] = [text(350), text(40)];
    const targets = ids.slice(50).map((id, i) => (i % 3 === 0 ? [id, 7] : i % 3 === 1 ? [id] : []));
    const [scores, beside, logits] = await Promise.all([
      model.createSession().score(ids, targets),
      model.createSession().append(other, { every: true }),
      model.createSession().append(ids, { every: true }),
    ]);
    expect(scores).toHaveLength(targets.length);
    for (const [i, { top, logprobs }] of scores.entries()) {
      const first = (ids.length - targets.length + i) * size.vocabSize;
      const row = [...logits.subarray(first, first + size.vocabSize)];
      const [place, sum] = logSum(row);
      expect(top).toBe(place);
      const expected = (targets[i] ?? []).map((id) => (row[id] as number) - (row[place] as number) - sum);
      expect(logprobs).toHaveLength(expected.length);
      for (const [k, value] of expected.entries()) expect(logprobs[k]).toBeCloseTo(value, 5);
    }
    expect(beside).toEqual(await model.createSession().append(other, { every: true }));
  });

  it("stand beside another model's, with the divergence of the distributions", async () => {
    const [ids, otherIds, targets] = [text(350), text(350), text(330).map((id) => [id])];
    const others = await model.createSession().append(otherIds, { every: true });
    const own = others.subarray(others.length - targets.length * size.vocabSize);
    const session = model.createSession();
    const compared = await session.score(ids, targets, { others: own });
    const logits = await model.createSession().append(ids, { every: true });
    const scores = await model.createSession().score(ids, targets);
    const otherScores = await model.createSession().score(otherIds, targets);
    expect(session.length).toBe(350);
    expect(compared.map(({ compared: _, ...score }) => score)).toEqual(scores);
    expect(compared.map((score) => score.compared?.other)).toEqual(otherScores);
    for (const [i, score] of compared.entries()) {
      const row = (all: Float32Array, first: number) => [...all.subarray(first, first + size.vocabSize)];
      const place = i * size.vocabSize;
      const expected = divergence(row(own, place), row(logits, logits.length - own.length + place));
      expect((score.compared?.divergence ?? 0) / expected).toBeCloseTo(1, 6);
    }
    const short = session.score([1], [[1]], { others: own });
    await expect(short).rejects.toThrow(`expected 1 x ${size.vocabSize} logits of the other model, found`);
  });

  it("leave the session as an append does", async () => {
    const [scored, appended] = [model.createSession(), model.createSession()];
    await scored.score(text(20), []);
    expect(scored.length).toBe(20);
    await appended.append(scored.ids);
    expect(await scored.append([3])).toEqual(await appended.append([3]));
  });

  it("are refused for targets that nothing comes before, or that are no tokens", async () => {
    const session = model.createSession();
    await expect(session.score([1], [[1], [2]])).rejects.toThrow("2 lists of targets after 1 ids");
    await expect(session.score([1], [[size.vocabSize]])).rejects.toThrow("the vocabulary is 0 to");
    await expect(session.score(text(401), [[1]])).rejects.toThrow("exceed the context");
    await expect(session.score([], [])).rejects.toThrow("at least one token id");
    await expect(session.score([1], 3 as never)).rejects.toThrow("targets must be");
    expect(session.length).toBe(0);
  });
});

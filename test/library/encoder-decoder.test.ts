import { chmodSync, cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { GenerateOptions } from "../../src/index.ts";
import { type LanguageModel, loadModel } from "../../src/index.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { describeWithShared, shared } from "../shared.ts";

interface Case {
  readonly text: string;
  readonly ids: readonly number[];
  readonly greedy: readonly number[];
  readonly greedy_forced?: readonly number[];
  readonly beam4: readonly { readonly ids: readonly number[]; readonly score: number }[];
}

const file = temporaryFolder();
const pathOf = (name: string) => shared(`models/golden/${name}`);
const casesOf = (name: string): readonly Case[] =>
  (JSON.parse(readFileSync(`${pathOf(name)}/expected.json`, "utf8")) as { cases: Case[] }).cases;

async function run(model: LanguageModel, prompt: string | readonly number[], options: GenerateOptions) {
  const generation = model.generate(prompt, options);
  const ids: number[] = [];
  let text = "";
  for (;;) {
    const step = await generation.next();
    if (step.done) return { ...step.value, ids, text };
    ids.push(step.value.id);
    text += step.value.text;
  }
}

/** The ids of a reference up to the one that ends the text, which is not yielded. */
const upTo = (end: number, ids: readonly number[]) => (ids.at(-1) === end ? ids.slice(0, -1) : ids);

describeWithShared("T5 writes text", () => {
  it.each(["t5", "t5-v1_1"])("%s: greedy and with beams, from text", async (name) => {
    await using model = await loadModel(pathOf(name), { threads: 2 });
    for (const { text, ids, greedy, beam4 } of casesOf(name)) {
      const single = await run(model, text, { temperature: 0, maxTokens: 16, parseSpecial: true });
      expect(single.promptIds).toEqual(ids);
      expect(single.ids).toEqual(upTo(1, greedy));
      expect(single.text).toBe(model.tokenizer.decode(upTo(1, greedy), { skipSpecial: true }));
      const beams = await run(model, ids, { beams: 4, maxTokens: 12 });
      expect(beams.ids).toEqual(upTo(1, beam4[0]?.ids ?? []));
      expect(beams.score).toBeCloseTo(beam4[0]?.score ?? 0, 4);
    }
  });
});

describeWithShared("BART writes text", () => {
  it("with the first and the last id forced", async () => {
    await using model = await loadModel(pathOf("bart"), { threads: 2 });
    for (const { text, ids, greedy_forced = [] } of casesOf("bart")) {
      const forced = await run(model, text, { temperature: 0, maxTokens: 16 });
      expect(forced.promptIds).toEqual(ids);
      expect(forced.ids).toEqual(upTo(2, greedy_forced));
      expect(forced.finishReason).toBe("eos");
    }
  });

  it("with beams, where its files force no ids", async () => {
    const free = file("bart");
    cpSync(pathOf("bart"), free, { recursive: true });
    chmodSync(free, 0o755);
    for (const name of ["config.json", "generation_config.json"]) {
      const fields = JSON.parse(readFileSync(join(free, name), "utf8")) as Record<string, unknown>;
      const { forced_bos_token_id: _, forced_eos_token_id: __, ...others } = fields;
      rmSync(join(free, name));
      writeFileSync(join(free, name), JSON.stringify(others));
    }
    await using model = await loadModel(free, { threads: 2 });
    for (const { ids, beam4 } of casesOf("bart")) {
      const beams = await run(model, ids, { beams: 4, maxTokens: 12 });
      expect(beams.ids).toEqual(upTo(2, beam4[0]?.ids ?? []));
      expect(beams.score).toBeCloseTo(beam4[0]?.score ?? 0, 4);
    }
  });

  it("and the same text in a session that has read others, in forks, and for several samples", async () => {
    await using model = await loadModel(pathOf("bart"), { threads: 1 });
    const [first, second] = casesOf("bart").map(({ text }) => text) as [string, string];
    const options = { temperature: 1, seed: 7, maxTokens: 12 };
    const alone = await run(model, first, options);
    const session = model.createSession();
    const again = async (text: string) => {
      const ids: number[] = [];
      for await (const { id } of model.generate(text, options, session)) ids.push(id);
      return ids;
    };
    await again(second);
    expect(await again(first)).toEqual(alone.ids);
    expect(await again(first)).toEqual(alone.ids);
    await session.close();
  });
});

describeWithShared("a session of BART", () => {
  it("refuses ids before a text was read, and texts that are too long or empty", async () => {
    await using model = await loadModel(pathOf("bart"), { threads: 1 });
    const session = model.createSession();
    await expect(session.append([2])).rejects.toThrow("let it read a text first");
    await expect(session.read([])).rejects.toThrow("a text of 0 tokens: this model takes 1 to 64");
    await expect(session.read(new Array(65).fill(3))).rejects.toThrow("a text of 65 tokens");
    await expect(session.read([1000])).rejects.toThrow("token id 1000");
    await session.read([0, 5, 2]);
    const logits = await session.append([2]);
    const fork = session.fork();
    await session.read([0, 6, 2]);
    expect(session.length).toBe(0);
    expect(await fork.append([7])).not.toEqual(await session.append([2]));
    await fork.read([0, 5, 2]);
    fork.truncate(0);
    expect(await fork.append([2])).toEqual(logits);
  });

  it("gives its reading up when it is aborted", async () => {
    await using model = await loadModel(pathOf("bart"), { threads: 1 });
    const session = model.createSession();
    const stop = new AbortController();
    stop.abort(new Error("enough"));
    await expect(session.read([0, 5, 2], { signal: stop.signal })).rejects.toThrow("enough");
    await expect(session.append([2])).rejects.toThrow("let it read a text first");
  });
});

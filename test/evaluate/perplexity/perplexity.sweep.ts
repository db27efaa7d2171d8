import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bytesOf, documentsOf, wordsOf } from "../../../src/evaluate/perplexity/documents.ts";
import {
  measurePerplexity,
  type Perplexity,
  planPerplexity,
} from "../../../src/evaluate/perplexity/measure.ts";
import type { Protocol, ProtocolName } from "../../../src/evaluate/perplexity/protocol.ts";
import { type Models, scoreTokens, type TokenScores } from "../../../src/evaluate/perplexity/token-scores.ts";
import { detokenized, pagesOf } from "../../../src/evaluate/perplexity/wikitext.ts";
import type { LanguageModel } from "../../../src/library/language-model.ts";
import { loadModel } from "../../../src/library/load-model.ts";
import { describeWithShared, shared } from "../../shared.ts";

/** Windows that are enough where each is compared. */
const WINDOWS = 12;

const json = (path: string) => JSON.parse(readFileSync(shared(path), "utf8"));
const head = (path: string, bytes: number) => readFileSync(shared(path)).subarray(0, bytes).toString();
const stories = () => head("data/tinystories/valid.txt", 60000);
const wikitext = () => head("data/wikitext-2/test.txt", 30000);

async function measured(
  models: Models,
  texts: readonly string[],
  name: ProtocolName,
  sizes: Partial<Protocol> = {},
  most?: number,
): Promise<Perplexity & { readonly scores: readonly TokenScores[] }> {
  const plan = planPerplexity(models[0], texts, { name, size: undefined, stride: undefined, ...sizes }, most);
  const scores: TokenScores[] = [];
  const result = await measurePerplexity(models, plan, { onWindow: (window) => void scores.push(window) });
  return { ...result, scores };
}

const total = (losses: readonly number[]): number => losses.reduce((sum, loss) => sum + loss, 0);
const isNear = (found: number, wanted: number, tolerance: number) =>
  expect(Math.abs(found / wanted - 1)).toBeLessThan(tolerance);

describeWithShared("perplexity of Hugging Face's page and of lm-evaluation-harness", () => {
  const all = () => json("evaluation/perplexity-hf.json").results;
  let model: LanguageModel;
  beforeAll(async () => {
    model = await loadModel(shared("models/stories-gpt2"), { threads: 1 });
  });
  afterAll(() => model.close());

  it.each([128, 256])("strided windows, stride %i", async (stride) => {
    const wanted = all()["stories-gpt2"][`tinystories-60k.strided${stride}`];
    const plan = planPerplexity(model, [stories()], { name: "strided", size: undefined, stride });
    expect(plan.windows.map(({ scored }) => scored)).toEqual(wanted.windows.map((row: number[]) => row[2]));
    const found = await measured([model], [stories()], "strided", { stride }, WINDOWS);
    for (const [i, { losses }] of found.scores.entries()) {
      isNear(total(losses), wanted.windows[i][3], 1e-4);
    }
  });

  it("rolling windows of the whole text", async () => {
    const wanted = all()["stories-gpt2"]["tinystories-60k.whole.rolling"];
    const plan = planPerplexity(model, [stories()], { name: "rolling", size: undefined, stride: undefined });
    const sizes = plan.windows.map(({ ids, scored }) => [ids.length - scored, scored]);
    expect(sizes).toEqual(wanted.windows.map((row: number[]) => row.slice(0, 2)));
    const found = await measured([model], [stories()], "rolling", {}, WINDOWS);
    for (const [i, { losses }] of found.scores.entries()) isNear(-total(losses), wanted.windows[i][2], 1e-4);
  });

  it("rolling windows of documents, for each word and byte", async () => {
    const wanted = all()["stories-gpt2"]["tinystories-60k.documents.rolling"];
    const rows: number[][] = wanted["rows [doc, sum of log-probs, words, bytes, tokens]"];
    expect(documentsOf(stories()).map(bytesOf)).toEqual(rows.map(([, , , bytes]) => bytes));
    expect(documentsOf(stories()).map(wordsOf)).toEqual(rows.map(([, , words]) => words));
    const found = await measured([model], documentsOf(stories()).slice(0, 6), "rolling");
    const sum = (column: number) => total(rows.slice(0, 6).map((row) => row[column] as number));
    expect([found.words, found.bytes]).toEqual([sum(2), sum(3)]);
    isNear(found.wordPerplexity.value, Math.exp(-sum(1) / sum(2)), 1e-3);
    isNear(found.bytePerplexity.value, Math.exp(-sum(1) / sum(3)), 1e-3);
    isNear(found.bitsPerByte.value, -sum(1) / sum(3) / Math.LN2, 1e-4);
  });
});

describeWithShared("perplexity of WikiText's pages", () => {
  it("is that of the harness's task", async () => {
    const { results } = json("evaluation/perplexity-hf.json");
    const rows = results["stories-gpt2"]["wikitext2-30k.documents.wikitext_task.rolling"][
      "rows [doc, sum of log-probs, words, bytes, tokens]"
    ] as number[][];
    await using model = await loadModel(shared("models/stories-gpt2"), { threads: 1 });
    const pages = pagesOf(wikitext());
    expect(pages.map((page) => [wordsOf(page), bytesOf(page)])).toEqual(rows.map((row) => row.slice(2, 4)));
    const tokens = pages.map((page) => model.tokenizer.encode(detokenized(page)).length);
    expect(tokens).toEqual(rows.map((row) => row[4]));
    const protocol = { name: "rolling", size: undefined, stride: undefined } as const;
    const plan = planPerplexity(model, pages.slice(0, 1), protocol, undefined, detokenized);
    const found = await measurePerplexity([model], plan);
    const [, sum = 0, words = 0] = rows[0] ?? [];
    isNear(found.wordPerplexity.value, Math.exp(-sum / words), 1e-3);
  });
});

describeWithShared("perplexity of golden models", () => {
  it.each(["gpt2", "llama"])("is the mean of the golden logits' own losses: %s", async (family) => {
    const path = `models/golden/${family}`;
    const [{ prompt: ids, logits }] = json(`${path}/expected.json`).cases;
    await using model = await loadModel(shared(path), { threads: 1, simd: "plain" });
    const [scores] = await scoreTokens([model], [{ ids, scored: ids.length - 1 }]);
    for (const [i, loss] of (scores?.losses ?? []).entries()) {
      const row: number[] = logits[i];
      const wanted = Math.log(total(row.map(Math.exp))) - (row[ids[i + 1]] as number);
      expect(Math.abs(loss - wanted)).toBeLessThan(1e-5);
    }
  });
});

describeWithShared("perplexity of llama-perplexity", () => {
  const all = () => json("evaluation/perplexity-llama.json").results;
  let model: LanguageModel;
  beforeAll(async () => {
    model = await loadModel(shared("models/stories260k.gguf"), { threads: 1 });
  });
  afterAll(() => model.close());

  it.each([
    ["tinystories-60k", stories],
    ["wikitext2-30k", wikitext],
  ] as const)("half windows, window by window: %s", async (name, text) => {
    const wanted = all()[`stories260k.${name}.c128`];
    const found = await measured([model], [text()], "half", { size: 128 });
    isNear(found.perplexity.value, wanted.ppl, 1e-3);
    isNear(found.perplexity.error, wanted.error, 1e-3);
    expect(found.windows).toBe(wanted.chunks);
    let [sum, count] = [0, 0];
    for (const [i, { losses }] of found.scores.entries()) {
      sum += total(losses);
      count += losses.length;
      isNear(Math.exp(sum / count), wanted.running[i], 1e-3);
    }
  });

  it("sliding windows", async () => {
    const wanted = all()["stories260k.tinystories-60k.c96.b96.stride64"];
    const found = await measured([model], [stories()], "sliding", { size: 96, stride: 64 });
    expect(found.windows).toBe(wanted.chunks);
    isNear(found.perplexity.value, wanted.running.at(-1), 1e-3);
  });

  it.each(["Q4_0"])("the change to %s", async (type) => {
    const path = shared(`evaluation/models/stories260k-pad-${type}.gguf`);
    await using other = await loadModel(path, { threads: 1, quantization: "f32" });
    const text = stories().replaceAll(/<\|endoftext\|>\n?/g, "");
    const { statistics } = all()[`stories260k.tinystories-60k.plain.kld.${type}-f32`];
    const { change } = await measured([model, other], [text], "half", { size: 128 });
    if (change === undefined) throw new Error("no change");
    isNear(change.otherPerplexity.value, statistics["Mean PPL(Q)"][0], 1e-3);
    isNear(change.ratio.value, statistics["Mean PPL(Q)/PPL(base)"][0], 1e-3);
    isNear(change.ratio.error, statistics["Mean PPL(Q)/PPL(base)"][1], 2e-2);
    isNear(change.difference.error, statistics["Mean PPL(Q)-PPL(base)"][1], 2e-2);
    isNear(change.correlation, statistics["Cor(ln(PPL(Q)), ln(PPL(base)))"][0] / 100, 1e-3);
    isNear(change.divergence.mean.value, statistics["Mean    KLD"][0], 1e-2);
    isNear(change.sameTop.value, statistics["Same top p"][0] / 100, 5e-3);
    isNear(change.rootMeanSquare.value, statistics["RMS Δp"][0] / 100, 1e-2);
  });
});

import { describe, expect, it } from "vitest";
import { idsOf, loadTokenizer } from "../../../../src/tokenizer/index.ts";
import { directoryWith, expectRefusal } from "../../fixtures.ts";
import { m2m100Files, marianFiles, sourceModel } from "./translation-models.ts";

async function load(files: Readonly<Record<string, unknown>>) {
  const tokenizer = await loadTokenizer(await directoryWith(files));
  if (tokenizer === undefined) throw new Error("no tokenizer was found");
  return tokenizer;
}

/** Ids of MarianTokenizer and M2M100Tokenizer of transformers 5.18 for these files. */
describe("a SentencePiece model with a vocab.json", () => {
  it.each<[text: string, ids: readonly number[], decoded: string]>([
    ["the kings good", [6, 9, 4, 13, 10, 1, 0], "the kings go"],
    ["gös ö öö", [13, 7, 4, 5, 7, 5, 1, 0], "gös ö"],
    ["the >>fra<< s", [6, 5, 3, 5, 4, 0], "the >>fra<< s"],
    [">>fra<< the king", [3, 6, 9, 0], ">>fra<< the king"],
    [">>deu<<ogod", [2, 11, 12, 1, 0], ">>deu<< og"],
    [">>xyz<< s", [1, 5, 4, 0], "s"],
    ["", [0], ""],
  ])("of Marian: %j", async (text, ids, decoded) => {
    const tokenizer = await load(marianFiles());
    expect(tokenizer.encodeInput(text).ids).toEqual(ids);
    expect(tokenizer.decode(ids, { skipSpecial: true }).trim()).toBe(decoded);
    expect(idsOf(tokenizer.explain(text))).toEqual(ids.slice(0, -1));
  });

  it.each<["unigram" | "bpe", text: string, ids: readonly number[]]>([
    ["unigram", "the kings good", [29, 7, 4, 5, 10, 8, 3, 2]],
    ["unigram", "gös ö öö", [29, 10, 3, 5, 6, 3, 6, 3, 2]],
    ["unigram", ">>fra<< the king", [29, 6, 3, 7, 4, 2]],
    ["bpe", "the kings good", [29, 6, 3, 6, 3, 9, 5, 10, 8, 3, 2]],
    ["bpe", "gös ö öö", [29, 10, 3, 5, 6, 3, 6, 3, 2]],
    ["bpe", "", [29, 2]],
  ])("of M2M100 with %s: %j", async (kind, text, ids) => {
    const tokenizer = await load(m2m100Files(kind));
    expect(tokenizer.encodeInput(text).ids).toEqual(ids);
    expect(tokenizer.encodeInput(text, { pair: text }).ids).toEqual([
      ...ids.slice(0, -1),
      ...ids.slice(1, -1),
      2,
    ]);
  });

  it("has the languages by their codes", async () => {
    const { languageIds } = await load(marianFiles());
    expect([...languageIds]).toEqual([
      ["deu", 2],
      ["fra", 3],
    ]);
    const m2m = await load(m2m100Files("bpe"));
    expect([m2m.languageIds.size, m2m.languageIds.get("af"), m2m.languageIds.get("zu")]).toEqual([
      100, 11, 110,
    ]);
    const config = { "tokenizer_config.json": { language_codes: "wmt21", src_lang: "de" } };
    const wmt = await load({ ...m2m100Files("bpe"), ...config });
    expect([...wmt.languageIds.keys()].join()).toBe("en,ha,is,ja,cs,ru,zh,de");
    expect(wmt.startIds).toEqual([18]);
  });

  it("is refused without its unknown token", async () => {
    const files = { ...marianFiles(), "vocab.json": { "</s>": 0 } };
    await expectRefusal(() => load(files), "<unk>");
  });
});

describe("mBART and NLLB", () => {
  it.each<[name: string, start: readonly number[], end: readonly number[], count: number]>([
    ["MBartTokenizer", [], [2, 17], 25],
    ["MBart50Tokenizer", [17], [2], 52],
    ["NllbTokenizer", [60], [2], 202],
  ])("%s has its languages behind the pieces", async (name, start, end, count) => {
    const tokenizer = await load({
      "sentencepiece.bpe.model": sourceModel("unigram"),
      "tokenizer_config.json": { tokenizer_class: name },
    });
    expect([tokenizer.startIds, tokenizer.endIds, tokenizer.languageIds.size]).toEqual([start, end, count]);
    expect(tokenizer.controlTokenId("<mask>")).toBe(14 + count);
    expect(tokenizer.encodeInput("the kings").ids).toEqual([...start, 5, 6, 7, ...end]);
  });

  it("NLLB's first files have the language behind the text, and src_lang names it", async () => {
    const config = { tokenizer_class: "NllbTokenizer", legacy_behaviour: true, src_lang: "fra_Latn" };
    const files = { "sentencepiece.bpe.model": sourceModel("unigram"), "tokenizer_config.json": config };
    const tokenizer = await load(files);
    expect([tokenizer.startIds, tokenizer.endIds]).toEqual([[], [2, tokenizer.languageIds.get("fra_Latn")]]);
    const wrong = { ...files, "tokenizer_config.json": { ...config, src_lang: "fra_Latin" } };
    await expectRefusal(
      () => load(wrong),
      'src_lang "fra_Latin" is none of its languages: did you mean fra_Latn?',
    );
  });
});

import { describe, expect, it } from "vitest";
import { parseModel } from "../../src/families/parse.ts";
import { decoderStart, promptIds, targetInLanguage } from "../../src/text/translation.ts";
import { loadTokenizer } from "../../src/tokenizer/index.ts";
import { directoryWith, expectRefusal } from "../tokenizer/fixtures.ts";
import {
  m2m100Files,
  marianFiles,
  sourceModel,
} from "../tokenizer/formats/sentencepiece/translation-models.ts";
import { ByteTokenizer } from "./byte-tokenizer.ts";

async function load(files: Readonly<Record<string, unknown>>) {
  const tokenizer = await loadTokenizer(await directoryWith(files));
  if (tokenizer === undefined) throw new Error("no tokenizer was found");
  return tokenizer;
}

const mbart = (name: string) =>
  load({
    "sentencepiece.bpe.model": sourceModel("unigram"),
    "tokenizer_config.json": { tokenizer_class: name },
  });

async function encoderOf(startId: number) {
  const config = { model_type: "bart", decoder_start_token_id: startId };
  const { tensors, generationConfig } = { tensors: new Map(), generationConfig: {} };
  const parsed = await parseModel({ format: "huggingface", path: "m", config, generationConfig, tensors });
  return parsed.config.encoder;
}

describe("the languages of a translation", () => {
  it("mBART-50 and M2M100 begin the source with one and the text with the other", async () => {
    const tokenizer = await mbart("MBart50Tokenizer");
    const id = (code: string) => tokenizer.languageIds.get(code);
    const encoder = await encoderOf(2);
    const languages = { sourceLanguage: "de_DE", targetLanguage: "ro_RO" };
    expect(promptIds(tokenizer, "the king", languages, encoder)).toEqual([id("de_DE"), 5, 6, 2]);
    expect(decoderStart(tokenizer, languages, 2, { last: 2 })).toEqual({
      startId: 2,
      forced: { first: id("ro_RO"), last: 2 },
    });
    const m2m = await load(m2m100Files("unigram"));
    expect(promptIds(m2m, "the king", { sourceLanguage: "fr" }, encoder)).toEqual([
      m2m.languageIds.get("fr"),
      7,
      4,
      2,
    ]);
    expect(promptIds(m2m, "the king", {}, encoder)[0]).toBe(m2m.languageIds.get("en"));
  });

  it("mBART has the source's behind the text, and starts from the target's", async () => {
    const tokenizer = await mbart("MBartTokenizer");
    const id = (code: string) => tokenizer.languageIds.get(code) ?? 0;
    const encoder = await encoderOf(id("ro_RO"));
    const languages = { sourceLanguage: "de_DE", targetLanguage: "fr_XX" };
    expect(promptIds(tokenizer, "the king", languages, encoder)).toEqual([5, 6, 2, id("de_DE")]);
    expect(decoderStart(tokenizer, languages, encoder?.startId, undefined)).toEqual({
      startId: id("fr_XX"),
      forced: undefined,
    });
  });

  it("Marian's source begins with the target's, in the place of a tag in the text", async () => {
    const tokenizer = await load(marianFiles());
    const encoder = await encoderOf(14);
    expect(promptIds(tokenizer, "the king", { targetLanguage: "fra" }, encoder)).toEqual([3, 6, 9, 0]);
    expect(promptIds(tokenizer, ">>deu<< the king", { targetLanguage: "fra" }, encoder)).toEqual([
      3, 6, 9, 0,
    ]);
    expect(promptIds(tokenizer, ">>deu<< the king", {}, encoder)).toEqual([2, 6, 9, 0]);
    const start = { startId: 14, forced: undefined };
    expect(decoderStart(tokenizer, { targetLanguage: "fra" }, 14, undefined)).toEqual(start);
    await expectRefusal(
      () => promptIds(tokenizer, "the king", { sourceLanguage: "fra" }, encoder),
      "this model's sources have no token for their language: leave sourceLanguage out",
    );
  });

  it("targets have the language first in mBART-50, last and as the start in mBART, and none in Marian", async () => {
    const [manner, text] = [{ targetLanguage: "ro_RO" }, [5, 6, 2]];
    const many = await mbart("MBart50Tokenizer");
    const first = many.languageIds.get("ro_RO") ?? 0;
    const withOwn = [...many.startIds, ...text];
    const learned = { ids: [first, 5, 6, 2], startId: 2 };
    expect(targetInLanguage(many, withOwn, manner, 2, undefined)).toEqual(learned);
    expect(targetInLanguage(many, withOwn, {}, 2, { first })).toEqual(learned);
    await expectRefusal(
      () => targetInLanguage(many, withOwn, {}, 2, undefined),
      "targetLanguage: the texts of this model begin with the token of their language: name it",
    );
    const one = await mbart("MBartTokenizer");
    const [own, other] = [one.languageIds.get("ro_RO") ?? 0, one.languageIds.get("fr_XX") ?? 0];
    const behind = [5, 6, ...one.endIds];
    expect(targetInLanguage(one, behind, {}, own, undefined)).toEqual({ ids: [5, 6, 2, own], startId: own });
    expect(targetInLanguage(one, behind, { targetLanguage: "fr_XX" }, own, undefined)).toEqual({
      ids: [5, 6, 2, other],
      startId: other,
    });
    const marian = await load(marianFiles());
    expect(targetInLanguage(marian, [6, 9, 0], { targetLanguage: "fra" }, 14, undefined)).toEqual({
      ids: [6, 9, 0],
      startId: 14,
    });
  });

  it.each([
    ["fr", 'targetLanguage "fr" is none of this model\'s: did you mean fr_XX?'],
    ["fr_FX", "did you mean fr_XX?"],
    ["klingon", "is none of this model's: the first of 52 is ar_AR"],
  ])("a wrong code %s names the closest", async (targetLanguage, message) => {
    const tokenizer = await mbart("MBart50Tokenizer");
    await expectRefusal(() => decoderStart(tokenizer, { targetLanguage }, 2, undefined), message);
  });

  it("a model without languages refuses them", async () => {
    const message = "this model names no languages: leave targetLanguage out";
    const languages = { targetLanguage: "fr" };
    await expectRefusal(() => decoderStart(new ByteTokenizer([]), languages, undefined, undefined), message);
    await expectRefusal(() => decoderStart(undefined, languages, 2, undefined), message);
  });
});

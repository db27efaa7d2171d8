import { describe, expect, it } from "vitest";
import { aroundTexts, fillTemplate, type Place, type Template } from "../../src/tokenizer/template.ts";
import { added, expectRefusal, load, tokenizerJson, vocabOf } from "./fixtures.ts";

const token = (id: number, type = 0): Place => ({ id, type });
const first: Place[] = [token(101), { text: 0, type: 0 }, token(102)];
const bert: Template = { single: first, pair: [...first, { text: 1, type: 1 }, token(102, 1)] };

describe("the input of an encoder", () => {
  it("has special tokens around one text, or two", () => {
    expect(fillTemplate(bert, [[1, 2]], undefined, "right")).toEqual({
      ids: [101, 1, 2, 102],
      typeIds: [0, 0, 0, 0],
    });
    expect(fillTemplate(bert, [[1], [2, 3]], undefined, "right")).toEqual({
      ids: [101, 1, 102, 2, 3, 102],
      typeIds: [0, 0, 0, 1, 1, 1],
    });
    expect(fillTemplate(aroundTexts([7], []), [[1], [2]], undefined, "right")).toEqual({
      ids: [7, 1, 2],
      typeIds: [0, 0, 1],
    });
  });

  it("loses tokens of the text, and keeps the special ones", () => {
    expect(fillTemplate(bert, [[1, 2, 3]], 4, "right").ids).toEqual([101, 1, 2, 102]);
    expect(fillTemplate(bert, [[1, 2, 3]], 4, "left").ids).toEqual([101, 2, 3, 102]);
    expect(fillTemplate(bert, [[1, 2, 3]], 2, "left").ids).toEqual([101, 102]);
    expect(fillTemplate(bert, [[1, 2, 3]], 5, "right").ids).toEqual([101, 1, 2, 3, 102]);
  });

  // Lengths that the tokenizers library keeps of two texts.
  it.each([
    [2, 5, 9, 2, 4],
    [5, 2, 9, 4, 2],
    [5, 5, 9, 3, 3],
    [5, 6, 10, 3, 4],
    [6, 5, 10, 4, 3],
    [9, 8, 3, 0, 0],
    [1, 9, 5, 1, 1],
  ])("%i and %i tokens with a limit of %i keep %i and %i", (a, b, limit, keptA, keptB) => {
    const text = (length: number, id: number) => new Array<number>(length).fill(id);
    const { ids } = fillTemplate(bert, [text(a, 1), text(b, 2)], limit, "right");
    expect(ids).toEqual([101, ...text(keptA, 1), 102, ...text(keptB, 2), 102]);
  });

  it("is refused for a limit that the special tokens exceed", async () => {
    await expectRefusal(
      () => fillTemplate(bert, [[1], [2]], 2, "right"),
      "at most 2 tokens have no room for the 3 special ones",
    );
  });
});

describe("encodeInput", () => {
  const vocab = vocabOf("a", "b", "<s>", "</s>");
  const parts = { added_tokens: [added(2, "<s>"), added(3, "</s>")] };
  const around = (type: string) => ({ type, sep: ["</s>", 3], cls: ["<s>", 2] });
  const tokenizer = (post_processor: object | null, more: object = {}) =>
    load(tokenizerJson({ vocab, merges: [] }, { ...parts, ...more, post_processor }));

  it("follows BertProcessing, RobertaProcessing and TemplateProcessing", async () => {
    const bertLike = await tokenizer(around("BertProcessing"));
    expect(bertLike.encodeInput("ab")).toEqual({ ids: [2, 0, 1, 3], typeIds: [0, 0, 0, 0] });
    expect(bertLike.encodeInput("a", { pair: "b" })).toEqual({
      ids: [2, 0, 3, 1, 3],
      typeIds: [0, 0, 0, 1, 1],
    });
    const roberta = await tokenizer(around("RobertaProcessing"));
    expect(roberta.encodeInput("a", { pair: "b" })).toEqual({
      ids: [2, 0, 3, 3, 1, 3],
      typeIds: [0, 0, 0, 0, 0, 0],
    });
    const template = {
      type: "TemplateProcessing",
      single: [{ Sequence: { id: "A", type_id: 0 } }, { SpecialToken: { id: "</s>", type_id: 0 } }],
      pair: [
        { Sequence: { id: "B", type_id: 2 } },
        { SpecialToken: { id: "</s>", type_id: 1 } },
        { Sequence: { id: "A", type_id: 0 } },
      ],
      special_tokens: { "</s>": { id: "</s>", ids: [3], tokens: ["</s>"] } },
    };
    const other = await tokenizer(template);
    expect(other.encodeInput("ab").ids).toEqual([0, 1, 3]);
    expect(other.encodeInput("a", { pair: "bb" })).toEqual({ ids: [1, 1, 3, 0], typeIds: [2, 2, 1, 0] });
  });

  it("shares the room among two texts as Hugging Face's tokenizers do", async () => {
    const bertLike = await tokenizer(around("BertProcessing"));
    const kept = (first: number, second: number, room: number) => {
      const { typeIds } = bertLike.encodeInput("a".repeat(first), {
        pair: "b".repeat(second),
        maxTokens: room + 3,
      });
      return [
        typeIds.filter((type) => type === 0).length - 2,
        typeIds.filter((type) => type === 1).length - 1,
      ];
    };
    expect(kept(2, 5, 5)).toEqual([2, 3]);
    expect(kept(5, 2, 5)).toEqual([3, 2]);
    expect(kept(4, 3, 5)).toEqual([3, 2]);
    expect(kept(3, 4, 5)).toEqual([2, 3]);
    expect(kept(9, 8, 5)).toEqual([3, 2]);
    expect(kept(0, 5, 3)).toEqual([0, 3]);
    expect(kept(3, 3, 6)).toEqual([3, 3]);
  });

  it("finds special tokens in the text only when asked to", async () => {
    const plain = await tokenizer(around("BertProcessing"));
    expect(plain.encodeInput("a<s>").ids).toEqual([2, 0, 3]);
    expect(plain.encodeInput("a<s>", { parseSpecial: true }).ids).toEqual([2, 0, 2, 3]);
  });

  it("reads the limits of the files, and the side that loses tokens", async () => {
    const truncation = { direction: "Left", max_length: 3, strategy: "LongestFirst", stride: 0 };
    const limited = await tokenizer(around("BertProcessing"), { truncation });
    expect(limited.description.limits).toEqual({ truncation: 3, model: undefined, side: "left" });
    expect(limited.encodeInput("ab", { maxTokens: 3 }).ids).toEqual([2, 1, 3]);
    const config = { model_max_length: 12, truncation_side: "left" };
    const byConfig = await load(tokenizerJson({ vocab, merges: [] }), config);
    expect(byConfig.description.limits).toEqual({ truncation: undefined, model: 12, side: "left" });
    const endless = await load(tokenizerJson({ vocab, merges: [] }), { model_max_length: 1e30 });
    expect(endless.description.limits.model).toBeUndefined();
  });
});

import { describe, expect, it } from "vitest";
import { parseSentencePieceModel } from "../../../../src/tokenizer/formats/sentencepiece/model-file.ts";
import { loadTokenizer, type PipelineTokenizer } from "../../../../src/tokenizer/index.ts";
import { directoryWith, expectRefusal, random } from "../../fixtures.ts";
import { field, float, type Message, message, modelOf, piece } from "./protobuf-writer.ts";

const parse = (bytes: Message) => parseSentencePieceModel(Buffer.from(bytes), "m.model");

const pieces: [text: string, score: number, type?: number][] = [
  ["<unk>", 0, 2],
  ["<s>", 0, 3],
  ["</s>", 0, 3],
  ["▁", -1],
  ["a", -2],
  ["b", -3],
  ["▁a", -2.5],
  ["ab", -2.6],
  ["<tag>", 0, 4],
];

describe("a SentencePiece model", () => {
  it("has the library's defaults where the file is silent", () => {
    const model = parse(modelOf(pieces));
    expect(model).toMatchObject({
      isBpe: false,
      addDummyPrefix: true,
      removeExtraSpaces: true,
      markSpaces: true,
    });
    expect(model).toMatchObject({ bosId: 1, eosId: 2, hasByteFallback: false, charsmap: undefined });
    expect(model.pieces[3]).toEqual({ text: "▁", score: -1, type: 1 });
  });

  it("reads what the trainer and the normalizer say, and passes over the rest", () => {
    const trainer = [
      ...field(3, 2),
      ...field(24, 1),
      ...field(35, 1),
      ...field(41, -1),
      ...field(99, message([1])),
    ];
    const normalizer = [...field(2, message([1, 2])), ...field(3, 0), ...field(4, 0), ...field(5, 0)];
    const more = [...field(2, message(trainer)), ...field(3, message(normalizer)), ...field(7, 3)];
    const model = parse([...modelOf(pieces), ...more, ...float(8, 1.5)]);
    expect(model).toMatchObject({
      isBpe: true,
      spaceIsSuffix: true,
      hasByteFallback: true,
      bosId: undefined,
    });
    expect(model).toMatchObject({ addDummyPrefix: false, removeExtraSpaces: false, markSpaces: false });
    expect(model.charsmap).toEqual(Buffer.from([1, 2]));
  });

  it.each<[string, readonly number[]]>([
    ["it has no pieces", []],
    ["a number is cut short", [0x0a, 0x80]],
    ["a number has more than 10 bytes", [0x08, ...new Array<number>(11).fill(0x80)]],
    ["a field of 100 bytes has 1 left", [0x0a, 100, 1]],
    ["a field of 4294967295 bytes has 0 left", [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ["a field of Infinity bytes has 0 left", [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ["a field of 4 bytes has 2 left", [0x0d, 1, 2]],
    ["field 1 has wire type 3", [0x0b]],
    ["a field has no number", [0x00, 1]],
    ["piece 0 is empty", field(1, message([]))],
    ["a text in it is not UTF-8", field(1, message(field(1, message([0xff]))))],
    ["the score of piece 0 is NaN", field(1, message([...field(1, message([97])), ...float(2, Number.NaN)]))],
    ["model type 3 is not implemented", [...modelOf(pieces), ...field(2, message(field(3, 3)))]],
  ])("is refused where %s", async (problem, bytes) => {
    await expectRefusal(() => parse(bytes), `m.model: ${problem.startsWith("it") ? "is no" : ""}`);
    await expectRefusal(() => parse(bytes), problem);
  });

  it("of random bytes never ends in anything but a refusal", () => {
    const next = random(7);
    const whole = modelOf(pieces);
    for (let i = 0; i < 2000; i++) {
      const bytes = whole.map((byte) => (next() < 0.05 ? Math.floor(next() * 256) : byte));
      try {
        parse(bytes.slice(0, Math.floor(next() * bytes.length)));
      } catch (error) {
        expect(error).toMatchObject({ code: "invalid-file" });
      }
    }
  });
});

describe("the tokenizer of a model file", () => {
  const load = async (name: string, bytes: Message, config?: object) => {
    const files = { [name]: Buffer.from(bytes), ...(config && { "tokenizer_config.json": config }) };
    return (await loadTokenizer(await directoryWith(files))) as PipelineTokenizer;
  };

  it("never makes control tokens of text, and finds the tokens of the user", async () => {
    const tokenizer = await load("spiece.model", modelOf(pieces));
    expect(tokenizer.encode("a <tag>b")).toEqual([6, 3, 8, 5]);
    expect(tokenizer.encode("<s>")).toEqual([3, 0]);
    expect(tokenizer.encode("<s>", { parseSpecial: true })).toEqual([1]);
    expect(tokenizer.decode([6, 3, 8, 0])).toBe("a <tag> \u2047 ");
    expect(tokenizer.facts.kind).toBe("Unigram");
  });

  it("of the BPE type keeps the tokens of the user out of merges", async () => {
    const bpe = [...modelOf(pieces), ...field(2, message(field(3, 2)))];
    const tokenizer = await load("tokenizer.model", bpe);
    expect(tokenizer.encode("ab a<tag>b")).toEqual([6, 5, 6, 8, 5]);
    expect(tokenizer.encode("xyb")).toEqual([3, 0, 5]);
  });

  it("of a T5Tokenizer has tokens after the pieces, in descending order, and ends texts", async () => {
    const config = { tokenizer_class: "T5Tokenizer", extra_ids: 2 };
    const tokenizer = await load("spiece.model", modelOf(pieces), config);
    expect(tokenizer.encodeInput("a <extra_id_0>", { parseSpecial: true }).ids).toEqual([6, 10, 2]);
    expect(tokenizer.encodeInput("a", { pair: "b" }).ids).toEqual([6, 2, 3, 5, 2]);
    expect(tokenizer.vocabSize).toBe(11);
    const usual = await load("spiece.model", modelOf(pieces), { tokenizer_class: "T5Tokenizer" });
    expect(usual.controlTokenId("<extra_id_99>")).toBe(9);
    await expectRefusal(
      () => load("spiece.model", modelOf(pieces), { ...config, extra_ids: 1e9 }),
      "extra_ids is 1000000000, expected at most",
    );
  });

  it("of an XLMRobertaTokenizer has fairseq's order of ids", async () => {
    const config = { tokenizer_class: "XLMRobertaTokenizer" };
    const tokenizer = await load("sentencepiece.bpe.model", modelOf(pieces), config);
    expect(tokenizer.encodeInput("a", { pair: "b" }).ids).toEqual([0, 7, 2, 2, 4, 6, 2]);
    expect(tokenizer.encode("a <mask>", { parseSpecial: true })).toEqual([7, 10]);
    expect([tokenizer.spelling(1), tokenizer.spelling(3), tokenizer.spelling(10)]).toEqual([
      "<pad>",
      "<unk>",
      "<mask>",
    ]);
  });

  it("of a CamembertTokenizer has its own pieces of <s> and </s> behind the unused ones", async () => {
    const config = { tokenizer_class: "CamembertTokenizer" };
    const tokenizer = await load("sentencepiece.bpe.model", modelOf(pieces), config);
    const spellings = Array.from({ length: tokenizer.vocabSize }, (_, id) => tokenizer.spelling(id));
    const unused = ["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED"];
    expect(spellings.slice(0, 7)).toEqual([...unused, "<s>", "</s>"]);
    expect(spellings.at(-1)).toBe("<mask>");
    const text = tokenizer.encode("a");
    expect(text.map((id) => tokenizer.spelling(id))).not.toContain("<unk>");
    expect(tokenizer.encodeInput("a", { pair: "a" }).ids).toEqual([5, ...text, 6, 6, ...text, 6]);
    expect(tokenizer.encode("<mask>", { parseSpecial: true })).toEqual([spellings.length - 1]);
  });
});

it("a piece is text, score and type", () => {
  expect(piece("a", -1, 1)).toEqual([0x0a, 1, 97, 0x15, 0, 0, 0x80, 0xbf, 0x18, 1]);
});

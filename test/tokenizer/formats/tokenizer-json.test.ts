import { describe, expect, it } from "vitest";
import { loadTokenizer } from "../../../src/tokenizer/index.ts";
import {
  added,
  byteLevelParts,
  directoryWith,
  expectRefusal,
  load,
  tokenizerJson,
  train,
  vocabOf,
} from "../fixtures.ts";

describe("a byte-level tokenizer.json", () => {
  const model = train("low\nlower\nlowest\nnew\nnewer\nnewest\n wide\n wider\n widest\n".repeat(3), 20);
  const eot = Object.keys(model.vocab).length;
  const { low } = model.vocab;
  const json = tokenizerJson(model, { ...byteLevelParts, added_tokens: [added(eot, "<|endoftext|>")] });

  it("keeps of the file how text becomes pieces, not the vocabulary a second time", async () => {
    const tokenizer = await loadTokenizer(await directoryWith({ "tokenizer.json": json }));
    expect(tokenizer?.description.pipeline.names).toEqual(["normalizer", "pre_tokenizer", "decoder"]);
  });

  it("encodes by its merges, and decodes", async () => {
    const tokenizer = await load(json);
    expect(low).toBeDefined();
    expect(tokenizer.encode("low")).toEqual([low]);
    expect(tokenizer.encode("lower\n wide\n").length).toBeLessThan(8);
    expect(tokenizer.decode(tokenizer.encode("naïve lower €\n"))).toBe("naïve lower €\n");
    expect(tokenizer.vocabSize).toBe(eot + 1);
  });

  it("reads merges as pairs, too", async () => {
    const pairs = tokenizerJson(
      { ...model, merges: model.merges.map((merge) => merge.split(" ")) },
      byteLevelParts,
    );
    const text = "the lowest newest wider";
    expect((await load(pairs)).encode(text)).toEqual((await load(json)).encode(text));
  });

  it("makes no control token of text unless asked to", async () => {
    const tokenizer = await load(json);
    const text = "low<|endoftext|>low";
    expect(tokenizer.encode(text)).not.toContain(eot);
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    expect(tokenizer.encode(text, { parseSpecial: true })).toEqual([low, eot, low]);
    expect(tokenizer.isSpecial(eot)).toBe(true);
    expect(tokenizer.isSpecial(0)).toBe(false);
    expect(tokenizer.controlTokenId("<|endoftext|>")).toBe(eot);
    for (const text of ["low", "<|endoftext|> ", "low<|endoftext|>", ""]) {
      expect(tokenizer.controlTokenId(text)).toBeUndefined();
    }
  });

  it("leaves control tokens out of the text where asked to, and out of streams", async () => {
    const tokenizer = await load(json);
    const ids = tokenizer.encode("low<|endoftext|>new", { parseSpecial: true });
    expect(tokenizer.decode(ids)).toBe("low<|endoftext|>new");
    expect(tokenizer.decode(ids, { skipSpecial: true })).toBe("lownew");
    const stream = tokenizer.stream();
    expect(ids.map((id) => stream.push(id)).join("") + stream.flush()).toBe("lownew");
  });

  it("gives the bytes of single tokens", async () => {
    const tokenizer = await load(json);
    const [first, second] = tokenizer.encode("é");
    expect(tokenizer.bytes(first ?? -1)).toEqual(Uint8Array.of(0xc3));
    expect(tokenizer.bytes(second ?? -1)).toEqual(Uint8Array.of(0xa9));
    expect(tokenizer.decode([first ?? -1])).toBe("\ufffd");
    expect(new TextDecoder().decode(tokenizer.bytes(eot))).toBe("<|endoftext|>");
    tokenizer.bytes(eot).fill(0);
    expect(new TextDecoder().decode(tokenizer.bytes(eot))).toBe("<|endoftext|>");
  });

  it.each([-1, 1.5, 1e9, Number.NaN])("refuses id %s", async (id) => {
    const tokenizer = await load(json);
    await expectRefusal(
      () => tokenizer.decode([id]),
      `token id ${id} is not in the vocabulary: ids go from 0 to ${eot}`,
    );
    await expectRefusal(() => tokenizer.bytes(id), "is not in the vocabulary");
    await expectRefusal(() => tokenizer.stream().push(id), "is not in the vocabulary");
    expect(tokenizer.isSpecial(id)).toBe(false);
  });

  it("encodes lone surrogates as U+FFFD", async () => {
    const tokenizer = await load(json);
    expect(tokenizer.encode("a\ud83d b\ude00")).toEqual(tokenizer.encode("a\ufffd b\ufffd"));
    expect(tokenizer.decode(tokenizer.encode("\ud83d\ude00"))).toBe("😀");
  });

  it("takes a piece that is a token whole with ignore_merges, else only by merges", async () => {
    const vocab = { ...model.vocab, lowest: eot };
    const unmerged = model.merges.filter((merge) => merge.replace(" ", "") !== "lowest");
    const plain = tokenizerJson({ vocab, merges: unmerged.slice(0, 2) }, byteLevelParts);
    const whole = tokenizerJson({ vocab, merges: unmerged.slice(0, 2), ignore_merges: true }, byteLevelParts);
    expect((await load(plain)).encode("lowest")).not.toEqual([vocab.lowest]);
    expect((await load(whole)).encode("lowest")).toEqual([vocab.lowest]);
  });

  it("keeps ids without a token apart from tokens", async () => {
    const tokenizer = await load(
      tokenizerJson(model, { ...byteLevelParts, added_tokens: [added(eot + 10, "<x>")] }),
    );
    expect(tokenizer.vocabSize).toBe(eot + 11);
    expect(tokenizer.decode([eot + 10])).toBe("<x>");
    await expectRefusal(() => tokenizer.decode([eot + 5]), `token id ${eot + 5} is not in the vocabulary`);
  });

  it("finds added words that are no control tokens in any text", async () => {
    const words = [
      added(eot, "<tool>", { special: false }),
      added(eot + 1, "  ", { special: false, normalized: true }),
    ];
    const tokenizer = await load(tokenizerJson(model, { ...byteLevelParts, added_tokens: words }));
    expect(tokenizer.encode("low<tool>low  low")).toEqual([low, eot, low, eot + 1, low]);
    expect(tokenizer.decode(tokenizer.encode("low<tool>  low"))).toBe("low<tool>  low");
    expect(tokenizer.isSpecial(eot)).toBe(false);
  });
});

describe("a tokenizer.json that is wrong", () => {
  const vocab = vocabOf("a", "b", "ab");
  it.each<[string, unknown]>([
    ["tokenizer.json: the file is not valid JSON", "{"],
    ["the file is JSON, but not an object in braces", []],
    ["model is missing, expected an object", {}],
    ['model.type: model "WordLevel" is not implemented', tokenizerJson({ type: "WordLevel" })],
    ['model.vocab is [["a",0]], expected an object', tokenizerJson({ vocab: [["a", 0]], merges: [] })],
    ["the vocabulary has no tokens", tokenizerJson({ vocab: {}, merges: [] })],
    ["model.vocab.b is 1.5, expected an integer", tokenizerJson({ vocab: { a: 0, b: 1.5 }, merges: [] })],
    ["model.vocab.b is -1, expected an integer", tokenizerJson({ vocab: { a: 0, b: -1 }, merges: [] })],
    ['model.vocab: id 0 belongs to both "a" and "b"', tokenizerJson({ vocab: { a: 0, b: 0 }, merges: [] })],
    ["token id 4000000000 is too large", tokenizerJson({ vocab: { a: 4_000_000_000 }, merges: [] })],
    ["model.merges is missing, expected a list", tokenizerJson({ vocab })],
    ['model.merges[1] is "ab", expected two tokens', tokenizerJson({ vocab, merges: ["a b", "ab"] })],
    [
      'model.merges[0] is ["a","b","c"], expected two tokens',
      tokenizerJson({ vocab, merges: [["a", "b", "c"]] }),
    ],
    ['model.merges[0] is "a b c", expected two tokens', tokenizerJson({ vocab, merges: ["a b c"] })],
    ['model.merges[0]: token "c" is not in the vocabulary', tokenizerJson({ vocab, merges: ["a c"] })],
    ['model.merges[0]: token "ba" is not in the vocabulary', tokenizerJson({ vocab, merges: ["b a"] })],
    ["model.dropout is 0.1, expected none", tokenizerJson({ vocab, merges: [], dropout: 0.1 })],
    [
      'model.continuing_subword_prefix is "##", expected none',
      tokenizerJson({ vocab, merges: [], continuing_subword_prefix: "##" }),
    ],
    [
      'model.unk_token is "<unk>", expected a token',
      tokenizerJson({ vocab, merges: [], unk_token: "<unk>" }),
    ],
    [
      'added_tokens: token "ab" has id 7, but 2 in the vocabulary',
      tokenizerJson({ vocab, merges: [] }, { added_tokens: [added(7, "ab")] }),
    ],
    [
      'added_tokens: id 1 belongs to both "b" and "<s>"',
      tokenizerJson({ vocab, merges: [] }, { added_tokens: [added(1, "<s>")] }),
    ],
    [
      "added_tokens[0].id is missing",
      tokenizerJson({ vocab, merges: [] }, { added_tokens: [{ content: "x" }] }),
    ],
  ])("is refused: %s", async (message, json) => {
    await expectRefusal(() => load(json), message);
  });

  it("is refused on one line, whatever it holds", async () => {
    const vocab = { a: 0, "x\ny\u001b[31m": "z" };
    await expectRefusal(() => load(tokenizerJson({ vocab, merges: [] })), "model.vocab.x\\ny\\u001b[31m is");
    let nested: object = { type: "NFC" };
    for (let depth = 0; depth < 200; depth++) nested = { type: "Sequence", normalizers: [nested] };
    await expectRefusal(
      () => load(tokenizerJson({ vocab: { a: 0 }, merges: [] }, { normalizer: nested })),
      "nested",
    );
  });
});

import { describe, expect, it } from "vitest";
import type { Tokenizer } from "../../src/tokenizer/index.ts";
import { loadTokenizer } from "../../src/tokenizer/index.ts";
import { byteLevelParts, directoryWith, expectRefusal, tokenizerJson, train } from "./fixtures.ts";

async function load(json: unknown, config?: object): Promise<Tokenizer> {
  const files = { "tokenizer.json": json, ...(config && { "tokenizer_config.json": config }) };
  const tokenizer = await loadTokenizer(await directoryWith(files));
  if (tokenizer === undefined) throw new Error("no tokenizer was found");
  return tokenizer;
}

const added = (id: number, content: string, options: object = {}) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
  ...options,
});

const vocabOf = (...tokens: string[]) => Object.fromEntries(tokens.map((token, id) => [token, id]));

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

describe("a SentencePiece tokenizer.json", () => {
  const bytes = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`);
  const vocab = vocabOf(
    "<unk>",
    "<s>",
    "</s>",
    ...bytes,
    "▁",
    "a",
    "b",
    "▁a",
    "ab",
    "▁ab",
    "▁▁",
    "<",
    "s",
    ">",
  );
  const merges = ["▁ a", "a b", "▁a b", "▁ ▁", "▁ ab"];
  const model = { vocab, merges, unk_token: "<unk>", fuse_unk: true, byte_fallback: true };
  const prefix = { type: "Prepend", prepend: "▁" };
  const mark = { type: "Replace", pattern: { String: " " }, content: "▁" };
  const unmark = { type: "Replace", pattern: { String: "▁" }, content: " " };
  const strip = { type: "Strip", content: " ", start: 1, stop: 0 };
  const parts = {
    added_tokens: [added(0, "<unk>"), added(1, "<s>"), added(2, "</s>")],
    normalizer: { type: "Sequence", normalizers: [prefix, mark] },
    decoder: { type: "Sequence", decoders: [unmark, { type: "ByteFallback" }, { type: "Fuse" }, strip] },
  };
  const json = tokenizerJson(model, parts);
  const idsOf = (...tokens: (keyof typeof vocab)[]) => tokens.map((token) => vocab[token]);

  it("puts a space before the text, and takes it off again", async () => {
    const tokenizer = await load(json);
    expect(tokenizer.encode("ab a")).toEqual(idsOf("▁ab", "▁a"));
    expect(tokenizer.encode(" ab")).toEqual(idsOf("▁", "▁ab"));
    expect(tokenizer.encode("")).toEqual([]);
    for (const text of ["ab a", " ab", "   ", "b\n", "é 😀"]) {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }
  });

  it("spells unknown characters in bytes", async () => {
    const tokenizer = await load(json);
    expect(tokenizer.encode("é")).toEqual(idsOf("▁", "<0xC3>", "<0xA9>"));
    expect(tokenizer.encode("<0x0A>")).not.toContain(vocab["<0x0A>"]);
  });

  it("keeps the leading space of a continuation", async () => {
    const tokenizer = await load(json);
    const [ab = -1, a = -1] = tokenizer.encode("ab a");
    expect(tokenizer.stream().push(a)).toBe("a");
    expect(tokenizer.stream([1]).push(a)).toBe("a");
    expect(tokenizer.stream([1, ab]).push(a)).toBe(" a");
  });

  it("starts each stretch of text between control tokens with a space", async () => {
    const tokenizer = await load(json);
    expect(tokenizer.encode("<s>ab</s>a", { parseSpecial: true })).toEqual([
      1,
      ...idsOf("▁ab"),
      2,
      ...idsOf("▁a"),
    ]);
    expect(tokenizer.encode("<s>")).toEqual(idsOf("▁", "<", "s", ">"));
  });

  it("falls back to one unknown token for neighbours without byte tokens", async () => {
    const tokenizer = await load(tokenizerJson({ ...model, byte_fallback: false }, parts));
    expect(tokenizer.encode("aéüa")).toEqual([...idsOf("▁a"), 0, ...idsOf("a")]);
    const single = await load(tokenizerJson({ ...model, byte_fallback: false, fuse_unk: false }, parts));
    expect(single.encode("éü")).toEqual([...idsOf("▁"), 0, 0]);
  });

  it("gives the same ids whether or not the text can be cut into words", async () => {
    const crossing = { ...model, vocab: { ...vocab, "b▁": Object.keys(vocab).length } };
    const words = await load(json);
    const whole = await load(tokenizerJson(crossing, parts));
    const text = "ab a  b abba   a".repeat(20);
    expect(whole.encode(text)).toEqual(words.encode(text));
    const merged = await load(tokenizerJson({ ...crossing, merges: ["b ▁", ...merges] }, parts));
    expect(merged.encode("ab a")).toEqual([...idsOf("▁a"), Object.keys(vocab).length, ...idsOf("a")]);
  });

  it("reads the Metaspace spelling of the same", async () => {
    const metaspace = { type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: false };
    const tokenizer = await load(
      tokenizerJson(model, { ...parts, normalizer: null, pre_tokenizer: metaspace }),
    );
    expect(tokenizer.encode("ab a")).toEqual(idsOf("▁ab", "▁a"));
    expect(tokenizer.encode("<s>ab", { parseSpecial: true })).toEqual([1, ...idsOf("ab")]);
  });
});

describe("special tokens", () => {
  const vocab = vocabOf("a", "b", "<unk>", "<s>", "</s>", "<|endoftext|>");
  const start = (...names: string[]) => ({
    type: "TemplateProcessing",
    single: [
      ...names.map((id) => ({ SpecialToken: { id, type_id: 0 } })),
      { Sequence: { id: "A", type_id: 0 } },
    ],
    pair: [],
    special_tokens: Object.fromEntries(names.map((id) => [id, { id, ids: [3], tokens: [id] }])),
  });
  const named = (parts: object = {}, config?: object) =>
    load(tokenizerJson({ vocab, merges: [] }, parts), config);
  const facts = ({ bosId, addBos, endOfTextIds }: Tokenizer) => ({ bosId, addBos, endOfTextIds });

  it("come from tokenizer_config.json, as text or object", async () => {
    const config = {
      bos_token: { content: "<s>", __type: "AddedToken" },
      eos_token: "</s>",
      add_bos_token: true,
    };
    const tokenizer = await named({}, config);
    expect(facts(tokenizer)).toEqual({ bosId: 3, addBos: true, endOfTextIds: [4] });
    expect(tokenizer.isSpecial(3)).toBe(true);
    expect(tokenizer.encode("<s>")).toEqual([]);
    expect(tokenizer.encode("<s>", { parseSpecial: true })).toEqual([3]);
  });

  it("come from special_tokens_map.json where tokenizer_config.json is silent", async () => {
    const directory = await directoryWith({
      "tokenizer.json": tokenizerJson({ vocab, merges: [] }),
      "tokenizer_config.json": { bos_token: "<s>", eos_token: null },
      "special_tokens_map.json": {
        bos_token: "a",
        eos_token: { content: "</s>" },
        additional_special_tokens: ["b"],
      },
    });
    const tokenizer = await loadTokenizer(directory);
    expect(tokenizer && facts(tokenizer)).toEqual({ bosId: 3, addBos: false, endOfTextIds: [4] });
    expect(tokenizer?.isSpecial(1)).toBe(true);
  });

  it("come from the post-processor", async () => {
    expect(facts(await named({ post_processor: start("<s>") }))).toMatchObject({ bosId: 3, addBos: true });
    expect(facts(await named({ post_processor: start() }))).toMatchObject({
      bosId: undefined,
      addBos: false,
    });
    const both = { type: "Sequence", processors: [{ type: "ByteLevel" }, start("<s>")] };
    expect(facts(await named({ post_processor: both }))).toMatchObject({ bosId: 3, addBos: true });
    expect(facts(await named({ post_processor: both }, { add_bos_token: false }))).toMatchObject({
      addBos: false,
    });
  });

  it("begin texts of a LlamaTokenizer unless it says otherwise", async () => {
    const llama = { tokenizer_class: "LlamaTokenizerFast", bos_token: "<s>" };
    expect(facts(await named({}, llama))).toMatchObject({ bosId: 3, addBos: true });
    expect(facts(await named({}, { ...llama, add_bos_token: false }))).toMatchObject({ addBos: false });
  });

  it("end a text by their name where no file says which does", async () => {
    const end = added(5, "<|endoftext|>");
    expect(facts(await named({ added_tokens: [end] }))).toMatchObject({ endOfTextIds: [5] });
    expect(facts(await named({ added_tokens: [end] }, { eos_token: "</s>" }))).toMatchObject({
      endOfTextIds: [4],
    });
    expect(facts(await named())).toMatchObject({ endOfTextIds: [] });
  });

  it.each<[string, object, object | undefined]>([
    ['bos_token "<x>" is not in the vocabulary', {}, { bos_token: "<x>" }],
    ["eos_token is 5, expected a string", {}, { eos_token: 5 }],
    ["add_bos_token is true, but no bos_token is named", {}, { add_bos_token: true }],
    ['add_bos_token is "yes", expected true or false', {}, { add_bos_token: "yes" }],
    [
      'post_processor.type: post-processor "BertProcessing" is not implemented',
      { post_processor: { type: "BertProcessing" } },
      undefined,
    ],
    ["at most one token before the text", { post_processor: start("<s>", "</s>") }, undefined],
    [
      "post_processor.special_tokens.<s> is missing",
      { post_processor: { ...start("<s>"), special_tokens: {} } },
      undefined,
    ],
  ])("that are wrong are refused: %s", async (message, parts, config) => {
    await expectRefusal(() => named(parts, config), message);
  });
});

describe("a tokenizer.json that is wrong", () => {
  const vocab = vocabOf("a", "b", "ab");
  it.each<[string, unknown]>([
    ["tokenizer.json: the file is not valid JSON", "{"],
    ["the file is JSON, but not an object in braces", []],
    ["model is missing, expected an object", {}],
    ['model.type: model "Unigram" is not implemented', tokenizerJson({ type: "Unigram" })],
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

import { describe, expect, it } from "vitest";
import type { Tokenizer } from "../../../src/tokenizer/index.ts";
import { loadTokenizer } from "../../../src/tokenizer/index.ts";
import { added, directoryWith, expectRefusal, load, tokenizerJson, vocabOf } from "../fixtures.ts";

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

  it("come from BertProcessing and RobertaProcessing: the class begins a text", async () => {
    for (const type of ["BertProcessing", "RobertaProcessing"]) {
      const processing = {
        type,
        sep: ["</s>", 4],
        cls: ["<s>", 3],
        trim_offsets: true,
        add_prefix_space: false,
      };
      const tokenizer = await named({ post_processor: processing });
      expect(facts(tokenizer)).toMatchObject({ bosId: 3, addBos: true });
      expect(tokenizer.startIds).toEqual([3]);
    }
  });

  it("may be several, one processor around the other", async () => {
    const both = { ...start("<s>", "</s>") };
    both.special_tokens = { "<s>": { ids: [3, 5] }, "</s>": { ids: [4] } } as never;
    expect((await named({ post_processor: both })).startIds).toEqual([3, 5, 4]);
    const roberta = { type: "RobertaProcessing", sep: ["</s>", 4], cls: ["<unk>", 2] };
    const around = { type: "Sequence", processors: [roberta, { type: "ByteLevel" }, start("<s>")] };
    const tokenizer = await named({ post_processor: around });
    expect([tokenizer.startIds, tokenizer.bosId]).toEqual([[3, 2], 3]);
    expect((await named({ post_processor: around }, { add_bos_token: false })).startIds).toEqual([]);
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
      'post_processor.type: post-processor "Other" is not implemented',
      { post_processor: { type: "Other" } },
      undefined,
    ],
    [
      "post_processor.cls is missing, expected a list",
      { post_processor: { type: "BertProcessing" } },
      undefined,
    ],
    [
      "post_processor.sep is 99, expected an id of the vocabulary",
      { post_processor: { type: "BertProcessing", cls: ["<s>", 3], sep: ["</s>", 99] } },
      undefined,
    ],
    [
      "post_processor.single is [], expected a place for the text",
      { post_processor: { ...start("<s>"), single: [] } },
      undefined,
    ],
    [
      "post_processor.special_tokens.<s> is missing",
      { post_processor: { ...start("<s>"), special_tokens: {} } },
      undefined,
    ],
  ])("that are wrong are refused: %s", async (message, parts, config) => {
    await expectRefusal(() => named(parts, config), message);
  });
});

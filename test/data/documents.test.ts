import { describe, expect, it } from "vitest";
import { type DataSource, readDocuments, readTexts } from "../../src/data/index.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { collect, jsonLines, sourceOf } from "./sources.ts";

const documents = (...sources: DataSource[]) => collect(readDocuments(sources));
const chunksOf = async (...sources: DataSource[]) =>
  (await documents(...sources)).filter((document) => "parts" in document);
const texts = (...sources: DataSource[]) => collect(readTexts(sources));

describe("text", () => {
  it.each([1, 2, 3, 7, 1024])("is split at <|endoftext|>, whatever the chunks: %i bytes", async (size) => {
    const text =
      "One é.\n<|endoftext|>\n\nTwo 😀\r\n<|endoftext|>\r\n \n<|endoftext|><|endoftext|>Three <|endoftext\n";
    const source = sourceOf(text, { size });
    expect(await texts(source)).toEqual(["One é.", "\nTwo 😀", "Three <|endoftext\n"]);
    for (const chunk of await chunksOf(source)) expect(chunk).toMatchObject({ starts: true, ends: true });
  });

  it("comes in chunks where a document is long, cut between a word and a space", async () => {
    const words = Array.from({ length: 30_000 }, (_, index) => `word${index % 7}s, and`).join(" ");
    const chunks = await chunksOf(sourceOf(`${words}<|endoftext|>short`, { size: 65_536 }));
    const parts = chunks.map(({ parts: [part] }) => part?.text ?? "");
    expect(parts.slice(0, -1).join("")).toBe(words);
    expect(parts.length).toBeGreaterThan(10);
    for (const part of parts.slice(1, -1)) expect(part).toMatch(/^ /);
    expect(chunks.map(({ starts }) => starts)).toEqual(
      parts.map((_, i) => i === 0 || i === parts.length - 1),
    );
    expect(chunks.map(({ ends }) => ends)).toEqual(parts.map((_, i) => i >= parts.length - 2));
  });

  it("is not cut within a character if it has no space", async () => {
    const text = `a${"😀".repeat(40_000)}`;
    const parts = await texts(sourceOf(text, { size: 4096 }));
    expect(parts.join("")).toBe(text);
    for (const part of parts) expect(part).not.toMatch(/\p{Surrogate}/u);
  });

  it("loses a byte-order mark", async () => {
    expect(await texts(sourceOf("\ufeffHello", { size: 1 }))).toEqual(["Hello"]);
  });

  it.each([1, 4, 100])("must be UTF-8: the error names the byte, in chunks of %i", async (size) => {
    const bytes = Buffer.concat([Buffer.from("déjà "), Buffer.from([0xc3, 0x28])]);
    const error = await rejectionOf(documents(sourceOf(bytes, { size })));
    expect(error.message).toBe("data.txt: is not UTF-8: byte 7 is 0xc3; convert it, as with iconv");
  });

  it("must not end within a character", async () => {
    const error = await rejectionOf(documents(sourceOf(Buffer.from([0x61, 0xe4, 0xb8]), { size: 2 })));
    expect(error.message).toMatch(/byte 1 is 0xe4/);
  });

  it("is not mistaken for a compressed file", async () => {
    const error = await rejectionOf(documents(sourceOf(Buffer.from([0x1f, 0x8b, 0x08, 0x00]), { size: 1 })));
    expect(error.message).toMatch(/compressed with gzip/);
  });
});

describe("lines of JSON", () => {
  it("mark the learned parts of texts, and keep messages as they are", async () => {
    const messages = [
      { role: "user", content: "Hi <|im_end|>" },
      { role: "assistant", content: "Hello.", tool_calls: [{ id: "1" }] },
    ];
    const [question, answer] = messages;
    const source = jsonLines(
      { text: "All of it", id: 7 },
      { prompt: "Question? ", completion: "Answer." },
      { messages },
      { prompt: [question], completion: "Hello." },
    );
    expect(await documents(source)).toEqual([
      { parts: [{ text: "All of it", learned: true, markup: false }], starts: true, ends: true },
      {
        parts: [
          { text: "Question? ", learned: false, markup: false },
          { text: "Answer.", learned: true, markup: false },
        ],
        ...{ starts: true, ends: true },
      },
      { messages, place: "data.jsonl:3" },
      {
        messages: [question],
        completion: [{ role: "assistant", content: answer?.content }],
        place: "data.jsonl:4",
      },
    ]);
    expect(await texts(source)).toEqual(
      ["All of it", "Question? ", "Answer."].concat(Array(2).fill(["Hi <|im_end|>", "Hello."]).flat()),
    );
  });

  it("are recognized where no name says so, and blank ones are skipped", async () => {
    const source = sourceOf('\n  {"text": "a"}\r\n\n{"text": "b"}');
    expect(await texts(source)).toEqual(["a", "b"]);
  });

  it.each([
    ["{", /^data\.jsonl:2: the line is not valid JSON/],
    ["[1]", /^data\.jsonl:2: the line is \[1\], expected an object/],
    ['{"text": 5}', /^data\.jsonl:2: text is 5, expected a string/],
    ['{"txt": "a"}', /^data\.jsonl:2: expected text, or prompt and completion, or messages; found none/],
    ['{"text": "a", "prompt": "b"}', /found text and prompt/],
    ['{"prompt": "a"}', /^data\.jsonl:2: completion is missing/],
    [
      '{"messages": [{"role": "user", "content": "a"}]}',
      /^data\.jsonl:2: messages is \["user"\], expected one of/,
    ],
    ['{"messages": [{"role": "bot", "content": "a"}]}', /^data\.jsonl:2: messages\[0\]\.role is "bot"/],
    [
      '{"messages": [{"role": "assistant", "content": null}]}',
      /^data\.jsonl:2: messages\[0\]\.content is missing/,
    ],
  ])("are refused by file and line: %s", async (line, message) => {
    const source = sourceOf(`{"text": "a"}\n${line}\n`, { format: "json", name: "data.jsonl" });
    const error = await rejectionOf(documents(source));
    expect(error.code).toBe("invalid-file");
    expect(error.message).toMatch(message);
  });

  it("must be UTF-8", async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"text": "a"}\n{"text": "'),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ]);
    const error = await rejectionOf(documents(sourceOf(bytes, { format: "json", name: "data.jsonl" })));
    expect(error.message).toMatch(/^data\.jsonl:2: the line: is not UTF-8: byte 10 is 0xff/);
  });
});

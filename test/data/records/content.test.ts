import { describe, expect, it } from "vitest";
import { readTexts } from "../../../src/data/index.ts";
import type { SourceFormat } from "../../../src/data/sources.ts";
import { collect, sourceOf } from "../sources.ts";

const texts = (content: string, format?: SourceFormat) =>
  collect(readTexts([sourceOf(content, { format, size: 5000 })]));

describe("the content of a source", () => {
  it("is in the format that its name says", async () => {
    expect(await texts("text,label\nb,1\n", "csv")).toEqual(["b"]);
    expect(await texts("prompt\tcompletion\na\tb\n", "tsv")).toEqual(["a", "b"]);
    expect(await texts('{"text": "b"}', "text")).toEqual(['{"text": "b"}']);
    expect(await texts('{"text": "b"}\n{"text": "c"}\n', "json")).toEqual(["b", "c"]);
    expect(await texts('\ufeff [\n{"text": "b"}, {"text": "c"}]', "json")).toEqual(["b", "c"]);
  });

  it("is told by its first characters if it has no name", async () => {
    expect(await texts('\ufeff{"text": "b"}\n')).toEqual(["b"]);
    expect(await texts('[ {"text": "b"} ]')).toEqual(["b"]);
    expect(await texts("[Chapter 1] It was")).toEqual(["[Chapter 1] It was"]);
    expect(await texts("text,label\nb,1\n")).toEqual(["text,label\nb,1\n"]);
    expect(await texts("")).toEqual([]);
  });
});

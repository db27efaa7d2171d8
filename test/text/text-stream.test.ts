import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { GeneratedToken } from "../../src/generate/options/options.ts";
import { TextCursor } from "../../src/text/cursor/text-cursor.ts";
import { TextStream } from "../../src/text/text-stream.ts";
import { ByteTokenizer } from "./byte-tokenizer.ts";

const streamOf = (tokenizer: ByteTokenizer, stop: readonly string[] = [], prompt: readonly number[] = []) =>
  new TextStream(tokenizer.stream(prompt), TextCursor.start(tokenizer, { stop, ban: [] }));

/** What comes out after each piece, and at the end: one list of texts a step. */
function steps(pieces: readonly (string | readonly number[])[], stop: readonly string[] = []) {
  const stream = streamOf(new ByteTokenizer(pieces), stop);
  const out: GeneratedToken[][] = [];
  for (const id of pieces.keys()) {
    out.push(stream.push({ id }));
    if (stream.stop !== undefined) break;
  }
  out.push(stream.finish());
  const ids = out.flat().map(({ id }) => id);
  expect(ids).toEqual(Array.from(pieces.keys()).slice(0, ids.length));
  return { texts: out.map((tokens) => tokens.map(({ text }) => text)), stopped: stream.stop !== undefined };
}

const text = (result: ReturnType<typeof steps>): string => result.texts.flat().join("");

describe("TextStream without stop texts", () => {
  it("gives out each token at once", () => {
    expect(steps(["Once", " upon"]).texts).toEqual([["Once"], [" upon"], []]);
  });

  it("holds tokens until their character is whole, and puts it on the last of them", () => {
    expect(steps(["a", [0xf0, 0x9f], [0x98], [0x80], "b"]).texts).toEqual([
      ["a"],
      [],
      [],
      ["", "", "😀"],
      ["b"],
      [],
    ]);
  });

  it("holds a token that ends inside a character, whatever it begins with", () => {
    expect(
      steps([
        [0x20, 0xf0, 0x9f],
        [0x98, 0x80, 0x21],
      ]).texts,
    ).toEqual([[], ["", " 😀!"], []]);
    const chained = steps([[0xe2], [0x82, 0xac, 0xe2], [0x82, 0xac]]);
    expect(chained.texts).toEqual([[], [], ["", "", "€€"], []]);
  });

  it("keeps what comes with a token, however long it is held", () => {
    const stream = streamOf(new ByteTokenizer([[0xf0, 0x9f], [0x98, 0x80], "ok"]), ["ok!"]);
    const scored = [0, 1, 2].map((id) => ({ id, logprobs: { logprob: -id, top: [] } }));
    const tokens = [...scored.flatMap((token) => stream.push(token)), ...stream.finish()];
    expect(tokens).toEqual(scored.map((token, i) => ({ ...token, text: ["", "😀", "ok"][i] })));
  });

  it("ends an unfinished character with U+FFFD on the last token held", () => {
    expect(steps(["a", [0xf0], [0x9f]]).texts).toEqual([["a"], [], [], ["", "\ufffd"]]);
    expect(steps([[0x61, 0xf0]]).texts).toEqual([[], ["a\ufffd"]]);
  });

  it("finishes a character that the prompt began", () => {
    const tokenizer = new ByteTokenizer([[0xc3], [0xa9]]);
    const stream = streamOf(tokenizer, [], [0]);
    expect(stream.push({ id: 1 })).toEqual([{ id: 1, text: "é" }]);
  });

  it("lets control tokens pass, without text", () => {
    const tokenizer = new ByteTokenizer(["a", "<|im_end|>"], { endOfTextIds: [1] });
    const stream = streamOf(tokenizer);
    expect([0, 1, 0].map((id) => stream.push({ id }))).toEqual([
      [{ id: 0, text: "a" }],
      [{ id: 1, text: "" }],
      [{ id: 0, text: "a" }],
    ]);
  });
});

describe("TextStream with stop texts", () => {
  it("ends before a stop text inside one token", () => {
    expect(steps(["one\ntwo", "three"], ["\n"])).toEqual({ texts: [["one"], []], stopped: true });
  });

  it("holds what may be the beginning of a stop text, and gives it out when it is none", () => {
    expect(steps(["Hi", "\n", "\nUs", "age"], ["\n\nUser:"]).texts).toEqual([
      ["Hi"],
      [],
      [],
      ["\n", "\nUs", "age"],
      [],
    ]);
  });

  it("holds a token as long as any part of it is in doubt", () => {
    expect(steps(["Hi\n", "there"], ["\nUser:"]).texts).toEqual([[], ["Hi\n", "there"], []]);
  });

  it("gives out what no stop text can reach any more, and holds on to the rest", () => {
    expect(steps(["a", "a", "a", "a", "c"], ["aab"]).texts).toEqual([
      [],
      [],
      ["a"],
      ["a"],
      ["a", "a", "c"],
      [],
    ]);
  });

  it("finds a stop text that spans tokens: those after the cut have no text", () => {
    const result = steps(["Hi", "\nUs", "e", "r: and on"], ["\nUser:"]);
    expect(result).toEqual({ texts: [["Hi"], [], [], ["", "", ""], []], stopped: true });
  });

  it("keeps the part of a token that lies before the stop text", () => {
    expect(steps(["Hi there\nUs", "er:"], ["\nUser:"]).texts).toEqual([[], ["Hi there", ""], []]);
  });

  it("gives out what is held when the generation ends", () => {
    expect(steps(["Hi", "\nUser"], ["\nUser:"])).toEqual({ texts: [["Hi"], [], ["\nUser"]], stopped: false });
  });

  it("takes the stop text that is complete first, and the longest of those that end together", () => {
    expect(text(steps(["xabcd"], ["abcd", "bc"]))).toBe("xa");
    expect(text(steps(["xabcd"], ["bc", "abc"]))).toBe("x");
    expect(text(steps(["xabcd"], ["abc", "bc"]))).toBe("x");
    expect(text(steps(["one two"], ["two", "one"]))).toBe("");
  });

  it("compares characters, not halves of them", () => {
    const result = steps(["a", [0xf0, 0x9f], [0x98, 0x80], "b"], ["😀"]);
    expect(result).toEqual({ texts: [["a"], [], ["", ""], []], stopped: true });
    expect(text(steps(["a😁b"], ["😀"]))).toBe("a😁b");
  });

  it("leaves out a control token that stops, and the text of the stop beside it", () => {
    const tokenizer = new ByteTokenizer(["Hi", " you", "<end>"], { endOfTextIds: [2] });
    const texts = (stop: string) => {
      const stream = streamOf(tokenizer, [stop]);
      return [0, 1, 2].flatMap((id) => stream.push({ id })).map(({ text }) => text);
    };
    expect(texts("<end>")).toEqual(["Hi", " you", ""]);
    expect(texts("you<end>")).toEqual(["Hi", " ", ""]);
  });

  it("finds what a search of the whole text finds, however the text is cut into tokens", () => {
    const word = (minLength: number, maxLength: number) =>
      fc.string({ unit: fc.constantFrom("a", "b", "é", "😀"), minLength, maxLength });
    const texts = fc.tuple(word(0, 20), fc.array(word(1, 4), { maxLength: 4 }));
    const cuts = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 80, maxLength: 80 });
    fc.assert(
      fc.property(texts, cuts, ([whole, stops], sizes) => {
        const expected = upToStop(whole, stops);
        const result = steps(cut(new TextEncoder().encode(whole), sizes), stops);
        expect(text(result)).toBe(expected);
        expect(result.stopped).toBe(expected !== whole || stops.some((stop) => whole.endsWith(stop)));
      }),
      { numRuns: 500 },
    );
  });
});

function cut(bytes: Uint8Array, sizes: readonly number[]): number[][] {
  const pieces: number[][] = [];
  let at = 0;
  for (const size of sizes) {
    if (at < bytes.length) pieces.push([...bytes.subarray(at, at + size)]);
    at += size;
  }
  return pieces;
}

function upToStop(whole: string, stops: readonly string[]): string {
  for (let end = 1; end <= whole.length; end++) {
    const read = whole.slice(0, end);
    const lengths = stops.filter((stop) => read.endsWith(stop)).map(({ length }) => length);
    if (lengths.length > 0) return read.slice(0, end - Math.max(...lengths));
  }
  return whole;
}

import { describe, expect, it } from "vitest";
import { GptError } from "../../src/errors.ts";
import { countLines, type Line, lineText, splitLines } from "../../src/files/lines.ts";

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let begin = 0; begin < bytes.length; begin += size) yield bytes.subarray(begin, begin + size);
}

async function split(text: string | Uint8Array, chunk = 1000, limit?: number): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of splitLines(chunksOf(Buffer.from(text), chunk), limit)) lines.push(line);
  return lines;
}

const texts = async (text: string, chunk?: number): Promise<string[]> =>
  (await split(text, chunk)).map((line) => lineText(line));

describe("splitLines", () => {
  it("finds the same lines however the bytes come", async () => {
    const text = "one\ntwo\r\n\n漢字 🦙\r\r\n\r\nlast";
    const lines = ["one", "two", "", "漢字 🦙\r", "", "last"];
    for (const chunk of [1, 2, 3, 7, 1000]) expect(await texts(text, chunk)).toEqual(lines);
  });

  it("makes no line of the end of the last one, and an empty one of a line feed", async () => {
    expect(await texts("")).toEqual([]);
    expect(await texts("a\n")).toEqual(["a"]);
    expect(await texts("\n\n")).toEqual(["", ""]);
    expect(await texts("a\r")).toEqual(["a\r"]);
  });

  it("leaves out a byte-order mark at the start only", async () => {
    expect(await texts("\ufeffa\n\ufeffb", 1)).toEqual(["a", "\ufeffb"]);
  });

  it("tells what a line takes, and whether it has an end", async () => {
    const lines = await split("\ufeffab\r\nc\nd");
    expect(lines.map(({ size, ended }) => [size, ended])).toEqual([
      [7, true],
      [2, true],
      [1, false],
    ]);
  });

  it("drops the bytes of a line over the limit, and goes on", async () => {
    for (const chunk of [1, 4, 1000]) {
      const lines = await split("12345\n123456\n12345\n1234567", chunk, 6);
      expect(lines.map(({ bytes, size }) => [bytes?.toString(), size])).toEqual([
        ["12345", 6],
        [undefined, 7],
        ["12345", 6],
        [undefined, 7],
      ]);
    }
  });

  it("reads no further than it is asked", async () => {
    let read = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        read++;
        yield Buffer.from("line\nline\n");
      }
    }
    const lines = splitLines(endless());
    for (let i = 0; i < 4; i++) await lines.next();
    expect(read).toBe(2);
    await lines.return();
  });
});

it("countLines counts what splitLines yields", async () => {
  for (const text of ["", "a", "a\n", "\n", "a\nb", "a\n\nb\r\n"]) {
    const counted = await countLines(chunksOf(Buffer.from(text), 2));
    expect(counted).toBe((await split(text)).length);
  }
});

describe("lineText", () => {
  const line = (bytes: Buffer | undefined, size: number): Line => ({ bytes, size, ended: true });

  it("names the first byte that is not UTF-8", () => {
    expect(() => lineText(line(Buffer.from("caf\xe9 noir", "latin1"), 10))).toThrow("byte 3 is 0xe9");
    expect(() => lineText(line(Buffer.from([0x61, 0xf0, 0x9f]), 4))).toThrow("byte 1 is 0xf0");
    expect(() => lineText(line(Buffer.from([0xff]), 2))).toThrow(GptError);
    expect(() => lineText(line(Buffer.from([0xff]), 2), "a.txt:7")).toThrow("a.txt:7: is not UTF-8");
  });

  it("refuses a line over the limit with both sizes", () => {
    expect(() => lineText(line(undefined, 20_000_000))).toThrow(
      "the line has 20000000 bytes, expected at most 16777216",
    );
  });
});

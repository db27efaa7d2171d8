import { closeSync, openSync, statSync } from "node:fs";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { arrival, isConnected, readText, sourceStats } from "../../../src/cli/terminal/input.ts";
import { rejectionOf } from "../../fixtures/errors.ts";

const read = (...chunks: (string | readonly number[])[]): Promise<string> =>
  readText(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), "notes.txt");

describe("readText", () => {
  it("removes one line end, and nothing else", async () => {
    expect(await read("text\n")).toBe("text");
    expect(await read("text\r\n")).toBe("text");
    expect(await read("\n text \n\n")).toBe("\n text \n");
    expect(await read("one\r\ntwo")).toBe("one\r\ntwo");
    expect(await read()).toBe("");
  });

  it("joins characters that are split between chunks", async () => {
    const bytes = [...Buffer.from("né 🦙 漢字")];
    expect(await read(...bytes.map((byte) => [byte]))).toBe("né 🦙 漢字");
  });

  it("leaves out a byte order mark at the start only", async () => {
    expect(await read("\ufeffa\ufeffb")).toBe("a\ufeffb");
  });

  it("names the first byte that is not UTF-8", async () => {
    await expect(read("caf", [0xe9], " noir")).rejects.toThrow("byte 3 is 0xe9");
    await expect(read("\ufffd ", [0xff])).rejects.toThrow("byte 4 is 0xff");
    await expect(read("cut ", [0xf0, 0x9f])).rejects.toThrow("byte 4 is 0xf0");
    const { code, message } = await rejectionOf(read([0xff]));
    expect(code).toBe("invalid-file");
    expect(message).toBe("notes.txt: is not UTF-8: byte 0 is 0xff; convert it, as with iconv");
  });
});

describe("arrival", () => {
  it("comes with the first bytes, which are still there, or with the end", async () => {
    const stream = Readable.from([Buffer.from("text")]);
    await arrival(stream, true);
    expect(await readText(stream, "notes.txt")).toBe("text");
    const nothing = Readable.from([]);
    await arrival(nothing, true);
    expect(await readText(nothing, "notes.txt")).toBe("");
  });

  it("is waited for no longer than the signal allows", async () => {
    const silent = new Readable({ read: () => {} });
    await expect(arrival(silent, true, AbortSignal.abort())).rejects.toThrow("aborted");
  });
});

it("sourceStats are those of what is read", () => {
  const source = { file: "package.json", noStdin: true };
  expect(sourceStats(source)).toMatchObject({ ino: statSync("package.json").ino });
  expect(sourceStats({ noStdin: true })).toBeUndefined();
  expect(sourceStats({ file: "no/such/file" })).toBeUndefined();
});

describe("isConnected", () => {
  it("is true for a file, false for /dev/null and for a descriptor that is closed", () => {
    const file = openSync("package.json", "r");
    const nothing = openSync("/dev/null", "r");
    expect([isConnected(file), isConnected(nothing)]).toEqual([true, false]);
    closeSync(file);
    closeSync(nothing);
    expect(isConnected(nothing)).toBe(false);
  });
});

import { describe, expect, it } from "vitest";
import { parquetRows } from "../../../src/evaluate/task/parquet.ts";

/** Files of one or five rows that pyarrow 25 wrote: pages in Snappy, gzip and zstd. */
const SNAPPY = [
  "UEFSMRUAFSwVMCwVAhUAFQYVBhwAAAAWVAIAAAACAQwAAABkbyBkb2dzIGJhcmsVABUoFSwsFQIVABUGFQYcAAAAFEwCAAAAAgEK",
  "AAAARG9ncyBiYXJrLhUAFRwVICwVAhUAFQYVBhwAAAAONAIAAAACAQEAAAAAAAAAFQQZTDUAGAZzY2hlbWEVBgAVDCUCGAhxdWVz",
  "dGlvbiUATBwAAAAVDCUCGAdwYXNzYWdlJQBMHAAAABUEJQIYBWxhYmVsABYCGRwZPCYAHBUMGSUGABkYCHF1ZXN0aW9uFQIWAhZS",
  "FlYmCEkcFQAVABUCADwWGBkGGSYAAgAAACYAHBUMGSUGABkYB3Bhc3NhZ2UVAhYCFk4WUiZeSRwVABUAFQIAPBYUGQYZJgACAAAA",
  "JgAcFQQZJQYAGRgFbGFiZWwVAhYCFkIWRiawAUkcFQAVABUCADwpBhkmAAIAAAAW4gEWAiYIFu4BACggcGFycXVldC1jcHAtYXJy",
  "b3cgdmVyc2lvbiAyNS4wLjEZPBwAABwAABwAAAAZAQAAUEFSMQ==",
].join("");
const GZIP = [
  "UEFSMRUAFTgVXCwVAhUAFQYVBhwAAAAfiwgAAAAAAAIDY2JgYGBiFAKSjkHOuq6JxZUKJanFJQrlqSX2ADu8k40cAAAAFQAVOBVW",
  "LBUEFQAVBhUGHAAAAB+LCAAAAAAAAgNjYmBgYGZiApIsLCxAsigxMw9EFyfmpQAANOJeURwAAAAVABUsFUosFQQVABUGFQYcAAAA",
  "H4sIAAAAAAACA2NiYGBgZmICkiwsjEDSEUQ4AQCg48gCFgAAABUAFRYVOiwVAhUAFQYVBhwAAAAfiwgAAAAAAAIDY2JgYGBiZASS",
  "jgAXkpNTCwAAABUEGaw1ABgGc2NoZW1hFQYAFQwlAhgIcXVlc3Rpb24lAEwcAAAANQIYB2Nob2ljZXMVBAA1AhgEdGV4dBUCFQZM",
  "PAAAADUEGARsaXN0FQIAFQwlAhgHZWxlbWVudCUATBwAAAA1AhgFbGFiZWwVAhUGTDwAAAA1BBgEbGlzdBUCABUMJQIYB2VsZW1l",
  "bnQlAEwcAAAAFQwlAhgJYW5zd2VyS2V5JQBMHAAAABYCGRwZTCYAHBUMGSUGABkYCHF1ZXN0aW9uFQQWAhZeFoIBJghJHBUAFQAV",
  "AgA8FiQZBhkmAAIAAAAmABwVDBklBgAZSAdjaG9pY2VzBHRleHQEbGlzdAdlbGVtZW50FQQWBBZeFnwmigFJHBUAFQAVAgA8FhAZ",
  "JgICGVYAAAAABAAAACYAHBUMGSUGABlIB2Nob2ljZXMFbGFiZWwEbGlzdAdlbGVtZW50FQQWBBZSFnAmhgJJHBUAFQAVAgA8FgQZ",
  "JgICGVYAAAAABAAAACYAHBUMGSUGABkYCWFuc3dlcktleRUEFgIWPBZgJvYCSRwVABUAFQIAPBYCGQYZJgACAAAAFsoCFgImCBbO",
  "AwAoIHBhcnF1ZXQtY3BwLWFycm93IHZlcnNpb24gMjUuMC4xGUwcAAAcAAAcAAAcAAAA6wEAAFBBUjE=",
].join("");
const ZSTD = [
  "UEFSMRUAFZgBFUgsFQoVABUGFQYcAAAAKLUv/SBM3QAAoAIAAAAKAQoAAABkZXYgYm9uZT8gAQAa52QCFQAVehVALBUKFQAVBhUG",
  "HAAAACi1L/0gPb0AAIgCAAAACgEHAAAAYW5hdG9teQEAs1mWFQAV5AEVZiwVKBUAFQYVBhwAAAAotS/9IHJVAQAkAgQAAAAH7u4O",
  "AgAAACgDAQAAAGEBAAAAYgEAAABjAQAAAGQBAOpD5xMVABVcFU4sFQoVABUGFQYcAAAAKLUv/SAu9QAAsAIAAAAKAQIAAgACAAIA",
  "AgAAAAAAAAAEFAADGGMuFQQZfDUAGAZzY2hlbWEVCAAVDCUCGAhxdWVzdGlvbiUATBwAAAAVDCUCGAdzdWJqZWN0JQBMHAAAADUC",
  "GAdjaG9pY2VzFQIVBkw8AAAANQQYBGxpc3QVAgAVDCUCGAdlbGVtZW50JQBMHAAAABUEJQIYBmFuc3dlcgAWChkcGUwmABwVDBkl",
  "BgAZGAhxdWVzdGlvbhUMFgoWwAEWcCYISRwVABUAFQIAPBZkGQYZJgAKAAAAJgAcFQwZJQYAGRgHc3ViamVjdBUMFgoWoAEWZiZ4",
  "SRwVABUAFQIAPBZGGQYZJgAKAAAAJgAcFQwZJQYAGTgHY2hvaWNlcwRsaXN0B2VsZW1lbnQVDBYoFowCFo4BJt4BSRwVABUAFQIA",
  "PBYoGSYKHhlGAAAAKAAAACYAHBUEGSUGABkYBmFuc3dlchUMFgoWggEWdCbsAkkcFQAVABUCADwpBhkmAAoAAAAW7gUWCiYIFtgD",
  "ACggcGFycXVldC1jcHAtYXJyb3cgdmVyc2lvbiAyNS4wLjEZTBwAABwAABwAABwAAACaAQAAUEFSMQ==",
].join("");

const rows = (base64: string) => parquetRows(Buffer.from(base64, "base64"), "t.parquet");

describe("a Parquet file", () => {
  it("has rows with texts, numbers, lists and structures", async () => {
    expect(await rows(SNAPPY)).toEqual([{ question: "do dogs bark", passage: "Dogs bark.", label: 1 }]);
    expect(await rows(GZIP)).toEqual([
      {
        question: "ARC-Easy test wet?",
        choices: { text: ["rain", "sand"], label: ["A", "B"] },
        answerKey: "A",
      },
    ]);
  });

  it("is unpacked from zstd where Node.js can, and is refused with the reason elsewhere", async () => {
    const hasZstd = "zstdDecompressSync" in (await import("node:zlib"));
    const read = rows(ZSTD);
    if (hasZstd) expect(await read).toHaveLength(5);
    else await expect(read).rejects.toThrow("t.parquet: its pages are packed with zstd: Node.js 22.15");
  });

  it.each([
    ["nothing", ""],
    ["other bytes", Buffer.from("no Parquet file at all").toString("base64")],
    ["half of one", SNAPPY.slice(0, SNAPPY.length / 2)],
  ])("is refused if it is %s", async (_, base64) => {
    await expect(rows(base64)).rejects.toMatchObject({ code: "invalid-file" });
  });
});

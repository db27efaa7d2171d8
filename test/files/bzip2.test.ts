import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { unpackBzip2 } from "../../src/files/bzip2.ts";

/** `printf 'aaaaaaaaaab, banana banana\n' | bzip2 | base64` */
const packed = Buffer.from("QlpoOTFBWSZTWcHtgjcAAAVRAAEQQAQwASAAMQwAlGmI8cVNIjiUgeLuSKcKEhg9sEbg", "base64");

describe("unpackBzip2", () => {
  it("unpacks what bzip2 packed, also two files after another", () => {
    const text = "aaaaaaaaaab, banana banana\n";
    expect(Buffer.from(unpackBzip2(packed, "x")).toString()).toBe(text);
    expect(Buffer.from(unpackBzip2(Buffer.concat([packed, packed]), "x")).toString()).toBe(text + text);
  });

  it("refuses damaged files, and too large ones", () => {
    for (let end = 4; end < packed.length; end++) {
      expect(() => unpackBzip2(packed.subarray(0, end), "x")).toThrow("x: is no bzip2 file, or is damaged");
    }
    expect(() => unpackBzip2(readFileSync(new URL(import.meta.url)), "x")).toThrow("no bzip2 file");
    expect(() => unpackBzip2(packed, "x", 8)).toThrow("more than 8 bytes");
  });

  it("never hangs or crashes on damaged bits", () => {
    for (let place = 32; place < packed.length * 8; place++) {
      const damaged = Buffer.from(packed);
      damaged[place >> 3] = (damaged[place >> 3] as number) ^ (1 << (place & 7));
      try {
        unpackBzip2(damaged, "x");
      } catch (error) {
        expect((error as Error).name).toBe("GptError");
      }
    }
  });
});

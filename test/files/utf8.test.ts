import { expect, it } from "vitest";
import { decodeText, textOf } from "../../src/files/utf8.ts";

it("gives the text of whole characters, and keeps a byte-order mark", () => {
  expect(textOf(Buffer.from("\ufeffné 🦙"))).toBe("\ufeffné 🦙");
  expect(textOf(Buffer.from("🦙").subarray(0, 3))).toBeUndefined();
});

it("names the first byte that is not UTF-8", () => {
  const refused = (bytes: Uint8Array) => () => decodeText(bytes, "a.txt");
  const advice = "; convert it, as with iconv";
  expect(refused(Buffer.from("caf\xe9 noir", "latin1"))).toThrow(
    `a.txt: is not UTF-8: byte 3 is 0xe9${advice}`,
  );
  expect(refused(Buffer.from([0x61, 0xf0, 0x9f]))).toThrow("byte 1 is 0xf0");
  expect(refused(Buffer.from("\ufffd\xff", "latin1"))).toThrow("byte 0 is 0xfd");
});

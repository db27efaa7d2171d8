import { describe, expect, it } from "vitest";
import { fileError } from "../../src/files/file.ts";

const systemError = (code: string) => Object.assign(new Error(code), { syscall: "read", code });

describe("fileError", () => {
  it.each([
    ["ENOENT", "a/b: there is no such file or directory"],
    ["EISDIR", "a/b: is a directory, expected a file"],
    ["EACCES", "a/b: cannot be read: you are not allowed to read it"],
    ["ELOOP", "a/b: cannot be read: its symbolic links form a circle"],
    ["ENXIO", "a/b: cannot be read (ENXIO)"],
  ])("names the path and says what is wrong with it: %s", (code, message) => {
    expect(fileError("a/b", "read", systemError(code))).toMatchObject({ code: "not-found", message });
  });

  it("leaves alone what is no fault of the file", () => {
    const error = new Error("a bug");
    expect(fileError("a/b", "read", error)).toBe(error);
  });
});

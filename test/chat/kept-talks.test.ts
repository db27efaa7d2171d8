import { statSync, utimesSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { lastTalkFile, newTalkFile, talksFolder } from "../../src/chat/kept-talks.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const place = temporaryFolder();
const { XDG_STATE_HOME: before } = process.env;
afterEach(() => {
  if (before === undefined) delete process.env.XDG_STATE_HOME;
  else process.env.XDG_STATE_HOME = before;
});

describe("kept conversations", () => {
  it("have files named by their beginning, in a folder that others do not read", () => {
    process.env.XDG_STATE_HOME = place("state");
    const folder = talksFolder();
    expect(() => lastTalkFile(folder)).toThrow("holds no conversation yet");
    const file = newTalkFile(folder, new Date("2026-11-30T20:45:12.500Z"));
    expect(basename(file)).toBe("2026-11-30T20-45-12.jsonl");
    if (process.platform !== "win32") expect(statSync(folder).mode & 0o77).toBe(0);
  });

  it("are found by the time at which they were written last", () => {
    process.env.XDG_STATE_HOME = place("state");
    const folder = talksFolder();
    const files = ["2026-01-01", "2026-01-02"].map((day) => newTalkFile(folder, new Date(day)));
    for (const file of files) writeFileSync(file, "");
    const [old = ""] = files;
    expect(lastTalkFile(folder)).toBe(files[1]);
    utimesSync(old, new Date(), new Date(Date.now() + 60_000));
    expect(lastTalkFile(folder)).toBe(old);
  });
});

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { shell } from "../../gpt.ts";

const place = temporaryFolder();
const chat = (lines: readonly string[], flags = "") =>
  shell(`printf '%s\\n' ${lines.map((line) => `'${line}'`).join(" ")} | gpt chat --seed 1 -n 6 ${flags}`);
const linesOf = (path: string): string[] => readFileSync(path, "utf8").trim().split("\n");

describe("gpt chat", () => {
  it("answers each line, and knows commands", async () => {
    const saved = place("saved.jsonl");
    const lines = ["Once", "/undo", "/system A tale.", "/system", "The fox", "/stats", `/save ${saved}`];
    const { status, stdout } = await chat(lines);
    expect(status).toBe(0);
    expect(stdout).toContain("A tale.\n");
    expect(stdout).toMatch(/messages +2\n/);
    const messages = linesOf(saved).map((line) => JSON.parse(line));
    expect(messages.map(({ role }) => role)).toEqual(["system", "user", "assistant"]);
    const loaded = await chat([`/load ${saved}`, "/regen", "/set temp", "/help", "/clear", "/exit"]);
    expect(loaded.status).toBe(0);
    expect(loaded.stdout).toContain("/regen");
  }, 60_000);

  it("goes on with a file, and shows the prompt", async () => {
    const file = place("talk.jsonl");
    await chat(["Once"], `--continue ${file} -q`);
    const { stderr } = await chat(["and then"], `--continue ${file} --show-prompt --color never`);
    expect(stderr).toMatch(/^Once [\s\S]*and then/);
    expect(linesOf(file)).toHaveLength(4);
  }, 60_000);

  it("refuses what it does not know, and replaces no other file", async () => {
    const unknown = await chat(["/regn"]);
    expect(unknown.stderr).toContain("did you mean /regen?");
    expect(unknown.status).toBe(1);
    await shell(`echo hello > ${place("other.txt")}`);
    const other = await chat([`/save ${place("other.txt")}`]);
    expect(other.stderr).toContain("line 1: is no message");
    expect(other.stderr).toContain("choose another name");
    expect(existsSync(place("other.txt"))).toBe(true);
  }, 60_000);
});

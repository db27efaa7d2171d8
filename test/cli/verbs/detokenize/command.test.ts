import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { gpt, gptWith, shell } from "../../gpt.ts";

const folder = temporaryFolder();
const text = 'Tom said: "Hi!" 🦙 né 漢字\n\n  שלום\ttab';

describe("gpt detokenize", () => {
  it("gives back every byte of a text", async () => {
    const { stdout: ids } = await gpt("tokenize", "--ids", text);
    expect(ids).toMatch(/^\d+( \d+)*\n$/);
    expect(await gptWith({ input: Buffer.from(ids) }, "detokenize")).toEqual({
      status: 0,
      stdout: text,
      stderr: "",
    });
    expect((await gpt("detokenize", ...ids.split(" "))).stdout).toBe(text);
    const file = folder("ids.json");
    writeFileSync(file, JSON.stringify(ids.trim().split(" ").map(Number)));
    expect((await gpt("detokenize", "--file", file)).stdout).toBe(text);
  });

  it("writes the bytes of half a character", async () => {
    const { stdout: ids } = await gpt("tokenize", "--ids", "🦙");
    const first = ids.split(" ")[0];
    const hex = await shell(`gpt detokenize ${first} | od -An -tx1`);
    expect(hex.stdout.trim()).toMatch(/^f0( [89ab][0-9a-f])*$/);
  });

  it("writes ids and text as JSON, bytes where they are no whole text", async () => {
    const ids = (await gpt("tokenize", "--ids", "Hi 🦙")).stdout.trim().split(" ");
    const whole = JSON.parse((await gpt("detokenize", "--json", ...ids)).stdout);
    expect(whole).toEqual({ ids: ids.map(Number), text: "Hi 🦙" });
    const cut = JSON.parse((await gpt("detokenize", "--json", ...ids.slice(0, -1))).stdout);
    expect(Buffer.from(cut.text).toString("latin1")).toMatch(/^Hi \xf0/);
  });

  it("refuses what is no id, and names the ids there are", async () => {
    expect(await gpt("detokenize", "1", "two")).toMatchObject({
      status: 2,
      stderr: 'gpt: expected token ids such as 1,2,3, found "two"\n',
    });
    expect(await gpt("detokenize", "1", "999999")).toEqual({
      status: 2,
      stdout: "",
      stderr: "gpt: token id 999999 is not in the vocabulary: ids go from 0 to 4095\n",
    });
  });
});

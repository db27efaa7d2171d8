import { describe, expect, it } from "vitest";
import { readPreferences } from "../../src/data/index.ts";
import { collect, jsonLines } from "./sources.ts";

const divided = async (chosen: string, rejected: string) => {
  const [pair] = await collect(readPreferences([jsonLines({ chosen, rejected })]));
  return [pair?.prompt, pair?.chosen, pair?.rejected];
};

describe("readPreferences of whole texts", () => {
  const asked = "\n\nHuman: Why?\n\nAssistant:";

  it("ends the prompt before the space of the words that differ", async () => {
    expect(await divided(`${asked} Because.`, `${asked} No.`)).toEqual([asked, " Because.", " No."]);
    expect(await divided(`${asked}\n\nYes`, `${asked}\n\nNo`)).toEqual([asked, "\n\nYes", "\n\nNo"]);
  });

  it("does not cut inside a word", async () => {
    const pair = [`${asked} I would.`, `${asked} I will not.`] as const;
    expect(await divided(...pair)).toEqual([`${asked} I`, " would.", " will not."]);
    expect(await divided(`${asked} Well\u{1f600}`, `${asked} Well\u{1f601}`)).toEqual([
      asked,
      " Well\u{1f600}",
      " Well\u{1f601}",
    ]);
  });

  it("has no prompt where nothing is shared", async () => {
    expect(await divided("yes", "yet")).toEqual(["", "yes", "yet"]);
    expect(await divided("", "no")).toEqual(["", "", "no"]);
  });
});

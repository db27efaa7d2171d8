import { describe, expect, it } from "vitest";
import { readPreferences, readVerdicts } from "../../src/data/index.ts";
import { rejectionOf } from "../fixtures/errors.ts";
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

describe("messages", () => {
  const user = { role: "user", content: "Why?" };
  const [kind, rude] = ["Because.", "No."].map((content) => ({ role: "assistant", content }));
  const expected = { prompt: [user], chosen: [kind], rejected: [rude] };
  const place = "data.jsonl:1";

  it.each([
    ["of a prompt and completions", { prompt: [user], chosen: [kind], rejected: [rude] }],
    ["of whole conversations", { chosen: [user, kind], rejected: [user, rude] }],
    ["that repeat a prompt in words", { prompt: "Why?", chosen: [user, kind], rejected: [user, rude] }],
    ["that repeat a prompt", { prompt: [user], chosen: [user, kind], rejected: [user, rude] }],
    ["beside completions in words", { prompt: [user], chosen: "Because.", rejected: "No." }],
  ])("%s are a pair", async (_, record) => {
    expect(await collect(readPreferences([jsonLines(record)]))).toEqual([{ ...expected, place }]);
  });

  it("may have several turns behind the prompt", async () => {
    const more = [kind, user, kind];
    const record = { chosen: [user, ...more], rejected: [user, rude] };
    expect(await collect(readPreferences([jsonLines(record)]))).toEqual([
      { ...expected, chosen: more, place },
    ]);
  });

  it("with a verdict have a prompt and a completion", async () => {
    const records = [
      { prompt: [user], completion: [kind], label: true },
      { prompt: "Why?", completion: [kind], label: true },
    ];
    for (const record of records) {
      expect(await collect(readVerdicts([jsonLines(record)]))).toEqual([
        { prompt: [user], completion: [kind], label: true, place },
      ]);
    }
  });

  it.each([
    [{ chosen: [kind], rejected: [rude] }, /rejected is .* expected a conversation that begins as chosen/],
    [
      { prompt: [user], chosen: [kind], rejected: [kind] },
      /rejected is .* expected another text than chosen/,
    ],
    [{ prompt: [], chosen: [kind], rejected: [rude] }, /prompt is \[\], expected messages/],
    [{ prompt: [{ role: "bot", content: "a" }], chosen: "a", rejected: "b" }, /prompt\[0\]\.role is "bot"/],
    [{ prompt: [{ role: "user" }], chosen: "a", rejected: "b" }, /prompt\[0\]\.content is missing/],
    [{ prompt: 5, chosen: "a", rejected: "b" }, /prompt is 5, expected a text, or a list of messages/],
  ])("are refused: %j", async (record, message) => {
    const error = await rejectionOf(collect(readPreferences([jsonLines(record)])));
    expect(error.message).toMatch(message);
  });
});

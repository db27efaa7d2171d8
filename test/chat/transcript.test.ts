import { describe, expect, it } from "vitest";
import { Transcript } from "../../src/chat/transcript.ts";

const turns = [
  { typed: [1, 2], answer: [3, 4, 5] },
  { typed: [], answer: [6] },
  { typed: [7], answer: [] },
];

describe("Transcript", () => {
  it("is its turns, one after the other", () => {
    const transcript = new Transcript(turns);
    expect(transcript.ids).toEqual([1, 2, 3, 4, 5, 6, 7]);
    transcript.add({ typed: [8], answer: [9] });
    expect(transcript.turns).toHaveLength(4);
    expect(turns).toHaveLength(3);
    expect(transcript.undo()).toEqual({ typed: [8], answer: [9] });
    expect(transcript.turns).toEqual(turns);
  });

  it.each([
    [1, [turns[0], turns[1]]],
    [2, [turns[0]]],
    [4, [{ typed: [1, 2], answer: [3] }]],
    [5, [{ typed: [1, 2], answer: [] }]],
    [6, [{ typed: [1], answer: [] }]],
    [7, []],
  ])("gives %i tokens back, across turns", (count, left) => {
    const transcript = new Transcript(turns);
    transcript.back(count);
    expect(transcript.turns).toEqual(left);
  });

  it("says how much there is to take back", () => {
    const transcript = new Transcript(turns);
    expect(() => transcript.back(8)).toThrow("the text has 7 tokens, 8 cannot be taken back");
    expect(transcript.turns).toEqual(turns);
    expect(() => new Transcript().undo()).toThrow("there is no turn yet");
  });
});

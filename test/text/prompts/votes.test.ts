import { describe, expect, it } from "vitest";
import { answerOf, countVotes } from "../../../src/text/prompts/votes.ts";

describe("answers in texts", () => {
  it.each([
    ["16 - 3 = 13. The answer is 13.", "13"],
    ["so it is 9 * 2 = <<9*2=18>>18\n#### 18", "18"],
    ["She has $1,200.50 left", "1200.5"],
    ["It takes 3 hours, then 4.0 more", "4"],
    ["Answer: Paris.", "paris"],
    ["The answer is (B).", "b"],
    [" yes\nno", "yes"],
    ["\n \n", undefined],
    ["the number 123456789012345678901234567890", "123456789012345678901234567890"],
  ])("of %j is %j", (text, answer) => {
    expect(answerOf(text)).toBe(answer);
  });

  it("are the last match of a pattern, or its first group", () => {
    expect(answerOf("x=1, x=2", /x=(\d)/g)).toBe("2");
    expect(answerOf("red or Blue!", /\w+/g)).toBe("blue");
    expect(answerOf("nothing", /\d/g)).toBeUndefined();
  });
});

it("counts votes, of equally frequent answers the first one first", () => {
  expect(countVotes(["b", "a", undefined, "a", "b", "c"])).toEqual([
    { answer: "b", count: 2 },
    { answer: "a", count: 2 },
    { answer: "c", count: 1 },
  ]);
  expect(countVotes([undefined])).toEqual([]);
});

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseReward, Rewards } from "../../../src/train/rewards/table.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const answers = [
  { prompt: "Say yes.", completion: " Yes, said the Cat.", fields: { answer: "Yes, said the Cat." } },
  { prompt: "Say no.", completion: '{"no": [1]}', fields: { answer: 1 } },
];

async function scores(...specs: string[]) {
  await using rewards = await Rewards.open(specs, { engine: {} });
  return (await rewards.score(answers)).map(({ total }) => total);
}

describe("rules", () => {
  it.each([
    ["length:4", [0, -0.5]],
    ["length:2", [-1, 0]],
    ["words:dog,cat", [1, 0]],
    ["words:ca", [0, 0]],
    ["contains:the C", [1, 0]],
    ["regex:^ [A-Z]\\w+,", [1, 0]],
    ["json", [0, 1]],
    ["equals:answer", [1, 0]],
    ["-2*json", [0, -2]],
  ])("%s", async (spec, expected) => {
    expect(await scores(spec)).toEqual(expected);
  });

  it("are added up with their weights, each with a name of its own", async () => {
    expect(await scores("json", "0.5*length:4", "words:cat")).toEqual([1, 0.75]);
    await using rewards = await Rewards.open(["json", "words:a", "words:b"], { engine: {} });
    expect(rewards.names).toEqual(["json", "words_2", "words_3"]);
  });

  it("leave out what a source has nothing to say of", async () => {
    expect(await scores("equals:missing", "json")).toEqual([0, 1]);
    const error = await rejectionOf(scores("equals:missing"));
    expect([error.code, error.message]).toEqual([
      "invalid-file",
      expect.stringContaining("no source of rewards"),
    ]);
  });

  it.each([
    ["lenght:4", /expected NAME:ARGUMENT.*found "lenght:4"/],
    ["length:-1", /expected a number of words above 0/],
    ["json:x", /json takes no argument/],
    ["regex:(", /is no regular expression/],
    ["words:", /expected a text after words:/],
    ["x*json", /found "x\*json"/],
  ])("refuse %s", async (spec, message) => {
    const error = await rejectionOf(scores(spec));
    expect([error.code, error.message]).toEqual(["usage", expect.stringMatching(message)]);
  });

  it("an argument may have colons and stars", () => {
    expect(parseReward("2*regex:a*:b")).toEqual({ weight: 2, name: "regex", argument: "a*:b" });
  });
});

describe("a reward command", () => {
  const file = temporaryFolder();
  const program = (name: string, body: string) => {
    writeFileSync(
      file(name),
      `const rl = require("readline").createInterface({ input: process.stdin });\n${body}`,
    );
    return `command:"${process.execPath}" "${join(file(name))}"`;
  };

  it("gets the answers with the fields of their lines, and keeps running", async () => {
    const spec = program(
      "count.cjs",
      `let n = 0; rl.on("line", (line) => { const a = JSON.parse(line); console.log(a.answer === 1 ? "null" : ++n); });`,
    );
    await using rewards = await Rewards.open([spec, "json"], { engine: {} });
    expect((await rewards.score(answers)).map(({ parts }) => parts)).toEqual([
      [1, 0],
      [undefined, 1],
    ]);
    expect((await rewards.score(answers)).map(({ total }) => total)).toEqual([2, 1]);
  });

  it.each([
    [
      "wrong",
      `rl.on("line", () => console.log("good"));`,
      /wrote "good" for answer 1: expected a number, or null/,
    ],
    [
      "ends",
      `rl.once("line", () => { console.log(1); process.exit(3); });`,
      /ended with status 3 after 1 of 2 numbers/,
    ],
    ["slow", "", /wrote 0 of 2 numbers in 0.2 seconds: it must write a line.*flush it/],
  ])("that is %s is told in one line", async (name, body, message) => {
    const context = { engine: {}, ...(name === "slow" ? { timeoutSeconds: 0.2 } : {}) };
    await using rewards = await Rewards.open([program(`${name}.cjs`, body)], context);
    const error = await rejectionOf(rewards.score(answers));
    expect([error.code, error.message]).toEqual(["invalid-file", expect.stringMatching(message)]);
  });

  it("ends with the signal, and is not left behind", async () => {
    await using rewards = await Rewards.open([program("waits.cjs", "")], { engine: {} });
    const stop = new AbortController();
    const scored = rewards.score(answers, stop.signal);
    stop.abort(new Error("stopped"));
    await expect(scored).rejects.toThrow("stopped");
  });

  it("that is not there is told in one line", async () => {
    await using rewards = await Rewards.open(["command:/no/such/program 2> /dev/null"], { engine: {} });
    const error = await rejectionOf(rewards.score(answers));
    expect(error.message).toMatch(/ended with status 127 after 0 of 2 numbers/);
  });
});

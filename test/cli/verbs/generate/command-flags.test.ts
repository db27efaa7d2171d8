import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { gpt, shell } from "../../gpt.ts";

const file = temporaryFolder();
const prompt = "Once upon a time";
const greedy = ["-n", "12", "--temp", "0", "--simd", "plain"];
/** What most flags leave as it is, written once. */
const plain = gpt("generate", prompt, ...greedy);
/** A file that fails when it is loaded: what is refused with it is refused before. */
const noModel = "package.json";

describe("gpt generate with flags", () => {
  it("writes several samples, each as it would be alone", async () => {
    const args = [prompt, "-n", "5", "--simd", "plain"];
    const [texts, records, second] = await Promise.all([
      gpt("generate", ...args, "--samples", "3", "--seed", "4"),
      gpt("generate", ...args, "--samples", "3", "--seed", "4", "--json", "-v"),
      gpt("generate", ...args, "--seed", "5", "--json"),
    ]);
    const samples = records.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(texts.stdout).toBe(samples.map(({ text }) => `${text}\n`).join("---\n"));
    expect(samples.map(({ seed }) => seed)).toEqual([4, 5, 6]);
    expect(samples.map(({ timings }) => timings.reused_tokens > 0)).toEqual([false, true, true]);
    expect(samples[1].ids).toEqual(JSON.parse(second.stdout).ids);
    expect(records.stderr.match(/ · length\n/g)).toHaveLength(3);
    expect((await gpt("generate", "x", "--samples", "2", "--beams", "2")).status).toBe(2);
  });

  it("writes the same text with guesses, and says how many were right", async () => {
    const [{ stdout: alone }, lookup, draft] = await Promise.all([
      plain,
      gpt("generate", prompt, ...greedy, "--lookup", "5", "-v"),
      gpt("generate", prompt, ...greedy, "--draft", "stories", "--draft-max", "4", "--json", "-vv"),
    ]);
    expect([lookup.status, lookup.stdout]).toEqual([0, alone]);
    expect(lookup.stderr).toMatch(/ · guessed (0|\d+, \d+% right) · /);
    const { text, timings } = JSON.parse(draft.stdout);
    expect(`${text}\n`).toBe(alone);
    expect(timings.drafted_tokens).toBeGreaterThanOrEqual(timings.accepted_tokens);
    expect(draft.stderr).toContain("draft stories");
    const nowhere = await gpt("generate", prompt, "--draft", "nowhere");
    expect([nowhere.status, nowhere.stderr]).toEqual([3, expect.stringContaining('no model "nowhere"')]);
  });

  it("writes the log-probabilities of all tokens", async () => {
    const { stdout } = await gpt("generate", prompt, "--json", "--echo", "--logprobs", "1", ...greedy);
    const { ids, prompt_ids, logprobs, prompt_logprobs } = JSON.parse(stdout);
    expect(logprobs.map(({ id }: { id: number }) => id)).toEqual(ids);
    expect(logprobs[0].top_logprobs).toEqual([
      { id: ids[0], token: expect.any(String), logprob: logprobs[0].logprob, bytes: logprobs[0].bytes },
    ]);
    expect(prompt_logprobs[0]).toBeNull();
    expect(prompt_logprobs).toHaveLength(prompt_ids.length);
  });

  it("shows them as colours, where there are any", async () => {
    const { stdout } = await gpt("generate", prompt, "--logprobs", "0", "--color", "always", ...greedy);
    expect(stdout).toMatch(/^((\x1b\[4m)?\x1b\[[\d;]+m[^\x1b]+\x1b\[39;49m(\x1b\[24m)?)+\n$/);
    expect(await gpt("generate", prompt, "--logprobs", "0", "-m", noModel)).toEqual({
      status: 2,
      stdout: "",
      stderr: "gpt: --logprobs: give --json too, or --color always to see them as colours\n",
    });
  });

  it("finds the likeliest text with beams, and says how likely", async () => {
    const { stdout, stderr } = await gpt("generate", prompt, "--beams", "3", "-n", "6", "--json", "-v");
    const { ids, score } = JSON.parse(stdout);
    expect(ids).toHaveLength(6);
    expect(score).toBeLessThan(0);
    expect(stderr).toContain(` · score ${score.toFixed(4)} · length`);
  });

  it("ends in time, and says why", async () => {
    const endless = ["-n", "100000", "--ignore-eos", "--overflow", "shift", "--max-time", "300ms"];
    const { stdout, stderr } = await gpt("generate", prompt, ...endless, "--json", "-v");
    expect(JSON.parse(stdout).finish_reason).toBe("time");
    expect(stderr).toMatch(/ · time\n$/);
  });

  it("drops what the context cannot hold, if it may, and says how much", async () => {
    const args = ["generate", "one two three four five six seven eight nine ten", "-c", "8", "-n", "2"];
    expect((await gpt(...args)).status).toBe(5);
    const { stdout, stderr } = await gpt(...args, "--overflow", "truncate-left", "--json");
    const { dropped_tokens } = JSON.parse(stdout);
    expect(dropped_tokens).toBeGreaterThan(2);
    expect(stderr).toBe(`dropped the oldest ${dropped_tokens} tokens: the context holds 8\n`);
    expect((await gpt(...args, "--overflow", "shift", "-q")).stderr).toBe("");
    const beyond = await gpt("generate", prompt, "-c", "5000");
    expect(beyond).toMatchObject({ status: 2, stdout: "" });
    expect(beyond.stderr).toMatch(/^gpt: .*5000.* 256\n$/);
  });

  it("hints at a prompt that ends in a space, unless it should be quiet", async () => {
    const [said, quiet] = await Promise.all([
      gpt("generate", `${prompt} `, ...greedy),
      gpt("generate", `${prompt} `, ...greedy, "-q"),
    ]);
    expect([said.stdout, quiet.stderr]).toEqual([quiet.stdout, ""]);
    expect(said.stderr).toMatch(/^the prompt ends in a space: .*\n$/);
  });

  it("says with -vv what runs", async () => {
    const { stderr } = await gpt("generate", `${prompt} `, "-vv", "--seed", "5", ...greedy);
    expect(stderr.split("\n").map((line) => line.slice(0, 30))).toEqual([
      expect.stringMatching(/^model stories · simd plain/),
      "temp 0 · max-tokens 12",
      "the prompt ends in a space: mo",
      expect.stringMatching(/^prompt \d+ tok/),
      "",
    ]);
  });
});

describe("gpt generate -o", () => {
  it("writes what standard output would get, and leaves nothing beside it", async () => {
    mkdirSync(file("out"));
    const path = file("out", "story.txt");
    const [{ stdout }, filed] = await Promise.all([plain, gpt("generate", prompt, ...greedy, "-o", path)]);
    expect(filed).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(readFileSync(path, "utf8")).toBe(stdout);
    expect(readdirSync(file("out"))).toEqual(["story.txt"]);
    expect((await gpt("generate", prompt, ...greedy, "-o", "-")).stdout).toBe(stdout);
  });

  it("refuses a place that cannot be written before it loads a model", async () => {
    const args = ["generate", prompt, "-m", noModel, "-o"];
    expect(await gpt(...args, file())).toMatchObject({ status: 2, stdout: "" });
    expect(await gpt(...args, file("no", "story.txt"))).toMatchObject({ status: 3, stdout: "" });
    const full = await gpt("generate", prompt, ...greedy, "-o", "/dev/full");
    expect(full).toMatchObject({
      status: 5,
      stderr: expect.stringContaining("cannot write to /dev/full: there is no room on the disk"),
    });
  });

  it("never writes over its input", async () => {
    const path = file("input.txt");
    writeFileSync(path, prompt);
    for (const line of [`-f ${path} -o ${path}`, `Then -o ${path} < ${path}`]) {
      const { status, stderr } = await shell(`gpt generate ${line} -n 1`);
      expect([status, stderr]).toEqual([2, expect.stringContaining(`${path}: is the input too`)]);
    }
    expect(readFileSync(path, "utf8")).toBe(prompt);
    const unread = await shell(`gpt generate Then --no-stdin -o ${path} -n 1 < ${path}`);
    expect(unread).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  it("leaves an old file alone when it fails", async () => {
    const path = file("old.txt");
    writeFileSync(path, "old");
    expect((await gpt("generate", "word ".repeat(1000), "-o", path)).status).toBe(5);
    expect(readFileSync(path, "utf8")).toBe("old");
  });

  it("keeps the text so far when it is interrupted, and an old file when there is none", async () => {
    mkdirSync(file("interrupted"));
    const story = file("interrupted", "story.txt");
    const interrupted = (line: string, when: string) =>
      shell(
        `cd ${file("interrupted")}; ${line} & until [ ${when} .gpt-*.tmp ]; do sleep 0.05; done; pkill -INT -P $!; wait $!`,
      );
    const endless = `gpt generate -n 1000000 --ignore-eos --overflow shift -q -o story.txt`;
    const late = await interrupted(`${endless} Once`, "-s");
    expect(late).toEqual({ status: 130, stdout: "", stderr: "" });
    expect(readFileSync(story, "utf8")).toMatch(/^.[\s\S]*\n$/);

    writeFileSync(story, "old");
    const early = await interrupted(`${endless} < <(sleep 20)`, "-e");
    expect(early.status).toBe(130);
    expect(readFileSync(story, "utf8")).toBe("old");
    expect(readdirSync(file("interrupted"))).toEqual(["story.txt"]);
  });
});

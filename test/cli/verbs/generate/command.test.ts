import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../fixtures/temporary.ts";
import { type Finished, gpt, gptWith, shell } from "../../gpt.ts";
import { writeZeroModel } from "../../zero-model.ts";

const file = temporaryFolder();
const prompt = "Once upon a time";
const greedy = ["-n", "12", "--temp", "0", "--simd", "plain"];

/** The record that `gpt generate --json` writes. */
interface Sample {
  readonly text: string | null;
  readonly ids: readonly number[];
  readonly prompt_ids: readonly number[];
  readonly finish_reason: string;
}

/** What most flags leave as it is, written once. */
const plain = gpt("generate", "--json", ...greedy, "--", prompt);

const sample = ({ stdout }: Finished): Sample => JSON.parse(stdout);

describe("gpt generate", () => {
  it("writes the text and nothing else, however the prompt comes and the text goes", async () => {
    const [streamed, whole, piped, json] = await Promise.all([
      gpt("generate", prompt, ...greedy),
      gpt("generate", prompt, "--no-stream", ...greedy),
      gptWith({ input: Buffer.from(`${prompt}\n`) }, "generate", ...greedy),
      plain,
    ]);
    expect(streamed).toEqual({ status: 0, stdout: `${sample(json).text}\n`, stderr: "" });
    expect(whole).toEqual(streamed);
    expect(piped).toEqual(streamed);
    expect(streamed.stdout.length).toBeGreaterThan(20);
  });

  it("describes a sample in one line of JSON", async () => {
    const args = ["-n", "5", "--seed", "7", "--simd=plain", "--logit_bias", "0-inf"];
    const { status, stdout, stderr } = await gpt("generate", prompt, "--json", ...args);
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout.indexOf("\n")).toBe(stdout.length - 1);
    const number = expect.any(Number);
    const prompt_ids = expect.arrayContaining([number]);
    expect(JSON.parse(stdout)).toEqual({
      text: expect.any(String),
      ids: [number, number, number, number, number],
      prompt_ids,
      finish_reason: "length",
      seed: 7,
      dropped_tokens: 0,
      simd: "plain",
      model: "stories",
      timings: {
        load_ms: number,
        prompt_tokens: number,
        reused_tokens: 0,
        prompt_ms: number,
        generated_tokens: 5,
        generated_ms: number,
      },
    });
  });

  it("gives the same text for the same seed, on any number of threads", async () => {
    const [one, two] = await Promise.all([
      gpt("generate", prompt, "-n", "30", "-s", "3", "-t", "1", "--json"),
      gpt("generate", prompt, "-n", "30", "-s", "3", "-t", "2", "--json"),
    ]);
    expect(sample(two).ids).toEqual(sample(one).ids);
  });

  it("continues ids, echoes the prompt, stops at a stop text and leaves out a banned one", async () => {
    const { ids, prompt_ids, text } = sample(await plain);
    const [fromIds, echoed, stopped, banned] = await Promise.all([
      gpt("generate", "--ids", prompt_ids.join(","), "--echo", "--json", ...greedy),
      gpt("generate", prompt, "--echo", ...greedy),
      gpt("generate", prompt, "--stop", "--no such text", "--reverse-prompt", " ", "--json", ...greedy),
      gpt("generate", prompt, "--ban", "e", "--logit-bias", `${ids[0]}-inf`, "--json", ...greedy),
    ]);
    expect(sample(fromIds)).toMatchObject({ ids, prompt_ids, text: `${prompt}${text}` });
    expect(echoed.stdout).toBe(`${prompt}${text}\n`);
    expect(sample(stopped)).toMatchObject({ finish_reason: "stop", text: text?.split(" ")[0] });
    expect(sample(banned).text).not.toContain("e");
    expect(sample(banned).ids).not.toContain(ids[0]);
  });

  it("says with -v on standard error how it went", async () => {
    const { stdout, stderr } = await gpt("generate", prompt, "-v", "--seed", "5", ...greedy);
    expect(stderr).toMatch(/^prompt \d+ tok, .* tok\/s · generated 12 tok, .* tok\/s · seed 5 · length\n$/);
    expect(stdout).not.toContain("seed");
  });

  it("does not wait for text that will not come", async () => {
    const message =
      'gpt: no text is given: try gpt generate "Once upon a time", or pipe it in; --help shows more\n';
    const refused = { status: 2, stdout: "", stderr: message };
    expect(await gpt("generate")).toEqual(refused);
    expect(await shell("gpt generate <&-")).toEqual(refused);
  });

  it("joins a prompt and what is piped in, from standard input or a file", async () => {
    const show = ["-n", "0", "--echo"];
    writeFileSync(file("one.txt"), "One.\n");
    const [before, within, empty, named, dashes] = await Promise.all([
      gptWith({ input: Buffer.from("One.\n") }, "generate", "Two.", ...show),
      gptWith({ input: Buffer.from("One.\n") }, "generate", "{stdin} Two.\\n", "-e", ...show),
      gptWith({ input: Buffer.from("") }, "generate", "Two.", ...show),
      gpt("generate", "-p", "Two.", "-f", file("one.txt"), ...show),
      gpt("generate", ...show, "--", "--no-stdin \\n "),
    ]);
    expect(before).toEqual({ status: 0, stdout: "One.\nTwo.\n", stderr: "" });
    expect(within.stdout).toBe("One. Two.\n");
    expect(empty.stdout).toBe("Two.\n");
    expect(named).toEqual(before);
    expect(dashes.stdout).toBe("--no-stdin \\n \n");
  });

  it("says that it waits for a silent pipe, unless it should be quiet", async () => {
    const generate = `gpt generate "${prompt}" -n 1 --temp 0`;
    const said = file("said.txt");
    const untilSaid = `until [ -s ${said} ]; do sleep 0.05; done`;
    const [waited, quiet] = await Promise.all([
      shell(`${untilSaid} | ${generate} 2> ${said}`),
      shell(`sleep 2 | ${generate} -q`),
    ]);
    expect(readFileSync(said, "utf8")).toBe("waiting for standard input (--no-stdin if none is meant)\n");
    expect(waited).toMatchObject({ status: 0, stdout: expect.stringMatching(/./) });
    expect(quiet).toEqual(waited);
  });

  it("reads nothing with --no-stdin, however long a pipe stays open", async () => {
    const open = await gptWith({ input: "open" }, "generate", prompt, "-n", "1", "--no-stdin");
    expect(open).toMatchObject({ status: 0, stderr: "" });
  });

  it("is quiet when its reader goes, and says so when nothing can be written", async () => {
    const reader = await shell(`gpt generate "${prompt}" -n 200 --logit-bias 0-inf | head -c 10`);
    expect(reader).toMatchObject({ status: 0, stderr: "" });
    expect(reader.stdout).toHaveLength(10);
    const full = await shell(`gpt generate "${prompt}" ${greedy.join(" ")} > /dev/full`);
    expect(full.status).toBe(5);
    expect(full.stderr).toBe("gpt: cannot write to standard output: there is no room on the disk\n");
  });

  it("refuses a prompt that is not UTF-8 or does not fit", async () => {
    const latin1 = await gptWith({ input: Uint8Array.of(0x63, 0x61, 0x66, 0xe9) }, "generate");
    expect(latin1).toMatchObject({ status: 4, stdout: "" });
    expect(latin1.stderr).toMatch(/^gpt: standard input: is not UTF-8: byte 3 is 0xe9/);
    expect((await gpt("generate", "-f", "no/such/file")).status).toBe(3);
    const long = await gpt("generate", "word ".repeat(1000).trim());
    expect(long.status).toBe(5);
    expect(long.stderr).toMatch(/^gpt: the prompt has \d+ tokens, the context holds 256.*\n$/);
    expect(long.stderr).not.toContain("raise");
  });
});

describe("gpt generate with a model that has no tokenizer", () => {
  let model = "";
  beforeAll(() => {
    model = writeZeroModel();
  });
  afterAll(() => rmSync(model, { recursive: true }));

  it("takes ids, writes an id on each line, and has no text", async () => {
    const args = ["generate", "-m", model, "-c", "16", "--temp", "0", "--ids"];
    expect(await gpt(...args, "7 8", "-n", "3", "--echo")).toEqual({
      status: 0,
      stdout: "7\n8\n0\n0\n0\n",
      stderr: "",
    });
    const json = sample(await gpt(...args, "[7]", "--json"));
    expect(json).toMatchObject({ text: null, prompt_ids: [7], finish_reason: "context" });
    expect(await gpt("generate", "text", "-m", model)).toEqual({
      status: 3,
      stdout: "",
      stderr: "gpt: this model came without tokenizer files: give ids, as --ids 1,2,3\n",
    });
  });

  it("keeps what there is when it is interrupted", async () => {
    const args = ["generate", "-m", model, "--ids", "1", "-n", "4000"];
    const { status, stdout, stderr } = await gptWith({ signal: "SIGINT" }, ...args);
    expect([status, stderr]).toEqual([130, ""]);
    expect(stdout).toMatch(/^(\d+\n)+$/);
    expect(stdout.split("\n").length).toBeLessThan(3900);
    expect((await gptWith({ signal: "SIGTERM" }, ...args)).status).toBe(143);
  });
});

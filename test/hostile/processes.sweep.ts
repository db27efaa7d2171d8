import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { exitStatus } from "../../src/cli/exit-codes.ts";
import { gptWith } from "../cli/gpt.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { hostileCases } from "./corpus/index.ts";

const file = temporaryFolder();

/** Kilobytes; the program itself takes some sixty thousand. */
const MAX_MEMORY = 200_000;
/** Of the processor, in seconds, which others may keep busy. */
const MAX_TIME = 1;

/**
 * A process loads this first. When it ends, it writes down the time and the memory that it took. On Linux its
 * maxRSS begins with the memory of the process that started it, so the high-water mark of its own pages is
 * read there.
 */
const RECORDER = `
  import { existsSync, readFileSync, writeFileSync } from "node:fs";
  process.on("exit", () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    const status = "/proc/self/status";
    const own = existsSync(status) ? /VmHWM:\\s*(\\d+) kB/.exec(readFileSync(status, "utf8"))?.[1] : undefined;
    const seconds = (userCPUTime + systemCPUTime) / 1e6;
    writeFileSync(process.env.RECORD, JSON.stringify({ seconds, memory: own === undefined ? maxRSS : Number(own) }));
  });`;

const argumentsOf = {
  generate: ["generate", "hi", "-m"],
  inspect: ["inspect"],
  tokenize: ["tokenize", "hi", "-m"],
};

describe("gpt refuses what is no model, on one line and at once", () => {
  const cases = hostileCases.flatMap(({ verb, ...hostile }, i) => (verb ? [{ ...hostile, verb, i }] : []));
  it.each(cases)("$verb: $name", async ({ verb, write, code, message, i }) => {
    const path = write(file(String(i)));
    const env = {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(RECORDER)}`,
      RECORD: file(`${i}.json`),
    };
    const { status, stdout, stderr } = await gptWith({ env }, ...argumentsOf[verb], path);
    expect(stderr).toMatch(/^gpt: [^\n]*\n$/);
    expect(stderr).toMatch(message);
    expect(stdout).toBe("");
    expect(status).toBe(exitStatus(code));
    const { seconds, memory } = JSON.parse(readFileSync(env.RECORD, "utf8"));
    expect(seconds).toBeLessThan(MAX_TIME);
    expect(memory).toBeLessThan(MAX_MEMORY);
  });
});

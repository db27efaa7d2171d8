/**
 * What the command line wrote before its parts were rebuilt, byte by byte: standard output, exit status and
 * files. An entry of commands.json says in `changed` where a mended fault demands something else.
 *
 * To add entries, write name and line into commands.json and run with RECORD=path/to/gpt.js of a version that
 * is known to be right: entries without an outcome get one.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { describeWithShared } from "../shared.ts";
import { type Entry, type Outcome, runEntry } from "./run-entry.ts";

const path = fileURLToPath(new URL("commands.json", import.meta.url));
const entries = JSON.parse(readFileSync(path, "utf8")) as (Omit<Entry, "outcome"> & { outcome?: Outcome })[];
const recorder = process.env.RECORD;
const bin = recorder ?? fileURLToPath(new URL("../../bin/gpt.js", import.meta.url));

/** Exit statuses of errors that end with one line for a person. */
const refusals = [2, 3, 4, 5];

/** Runs what is given, `availableParallelism()` at a time. */
let running = 0;
const waiting: (() => void)[] = [];
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running === availableParallelism()) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }
}

function rightOutcome({ outcome, changed }: (typeof entries)[number]): Outcome | undefined {
  if (outcome === undefined || changed === undefined) return outcome;
  const { reason: _, files, ...others } = changed;
  const left = Object.entries({ ...outcome.files, ...files }).filter(([, hash]) => hash !== null);
  return { ...outcome, ...others, files: Object.fromEntries(left) as Outcome["files"] };
}

function check(entry: (typeof entries)[number]): void {
  it.concurrent(entry.name, async () => {
    const { outcome, stderr } = await inTurn(() => runEntry(entry.line, bin));
    if (recorder !== undefined) entry.outcome ??= outcome;
    expect(outcome).toEqual(rightOutcome(entry));
    if (refusals.includes(outcome.status ?? 0)) expect(stderr).toMatch(/^gpt: .+\n$/);
  }, 120_000);
}

describe("the record", () => {
  for (const entry of entries) if (entry.shared !== true) check(entry);
});

describeWithShared("the record of other models", () => {
  for (const entry of entries) if (entry.shared === true) check(entry);
});

afterAll(() => {
  if (recorder !== undefined) writeFileSync(path, `${JSON.stringify(entries, null, 2)}\n`);
});

/** Pairs of answers that wait for a label, and labels that are there. */
import { existsSync } from "node:fs";
import { findSources, shuffled } from "../../../data/index.ts";
import { contentOf } from "../../../data/records/content.ts";
import { GptError } from "../../../errors.ts";
import type { Label } from "../../../evaluate/label-report.ts";
import type { JsonFields } from "../../../files/json-fields.ts";

/** Two answers, as the file has them. */
export interface Pair {
  readonly prompt: string;
  readonly answers: readonly [string, string];
}

/** A pair as it is shown. */
export interface ShownPair {
  readonly prompt: string;
  readonly left: string;
  readonly right: string;
}

export async function readPairs(paths: readonly string[]): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for await (const record of recordsIn(paths)) {
    pairs.push({ prompt: record.optionalString("prompt") ?? "", answers: answersOf(record) });
  }
  return pairs;
}

function answersOf(record: JsonFields): readonly [string, string] {
  if (record.get("answers") === undefined) {
    const [first, second] = record.get("a") === undefined ? ["chosen", "rejected"] : ["a", "b"];
    return [record.string(first as string), record.string(second as string)];
  }
  const [first, second, ...others] = record.list("answers");
  if (typeof first === "string" && typeof second === "string" && others.length === 0) return [first, second];
  return record.fail("answers", "a list of two texts");
}

/** @param isOptional whether the files may be missing */
export async function readLabels(paths: readonly string[], isOptional = false): Promise<Label[]> {
  const labels: Label[] = [];
  for await (const record of recordsIn(paths.filter((path) => !isOptional || existsSync(path)))) {
    const isTie = record.optionalBoolean("tie");
    const [chosen, rejected] = isTie
      ? answersOf(record)
      : [record.string("chosen"), record.string("rejected")];
    labels.push({
      prompt: record.optionalString("prompt") ?? "",
      ...{ chosen, rejected, isTie },
      rater: record.optionalString("rater") ?? "",
      isLeft: record.optionalBoolean("left"),
    });
  }
  return labels;
}

async function* recordsIn(paths: readonly string[]): AsyncGenerator<JsonFields> {
  if (paths.length === 0) return;
  for (const source of await findSources(paths)) {
    const content = await contentOf(source);
    if (content.kind === "text") {
      throw new GptError("invalid-file", `${source.name}: is text without answers: expected lines of JSON`);
    }
    yield* content.records;
  }
}

/** The pairs that the rater has not labelled, in an order and with sides that the seed decides. */
export function shownPairs(
  pairs: readonly Pair[],
  labels: readonly Label[],
  { seed, rater }: { readonly seed: number; readonly rater: string },
): ShownPair[] {
  const keyOf = (prompt: string, answers: readonly string[]) =>
    JSON.stringify([prompt, ...[...answers].sort()]);
  const done = new Set(
    labels
      .filter((label) => label.rater === rater)
      .map(({ prompt, chosen, rejected }) => keyOf(prompt, [chosen, rejected])),
  );
  return pairs.flatMap((_, i) => {
    const at = shuffled(i, pairs.length, [seed >>> 0, 0]);
    const { prompt, answers } = pairs[at] as Pair;
    if (done.has(keyOf(prompt, answers))) return [];
    const isTurned = shuffled(at, 2 * pairs.length, [seed >>> 0, 1]) % 2 === 1;
    const [left, right] = isTurned ? [answers[1], answers[0]] : answers;
    return [{ prompt, left, right }];
  });
}

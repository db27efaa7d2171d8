/** Texts with labels: records such as `{"text": "...", "label": "..."}`. */
import { GptError } from "../errors.ts";
import type { JsonFields } from "../files/json-fields.ts";
import { holdOut } from "./held-out.ts";
import { contentOf } from "./records/content.ts";
import type { DataSource } from "./sources.ts";

export interface LabelledText {
  readonly text: string;
  /** The second text of a pair. */
  readonly text_pair?: string;
  /** Name of the class. A number, true and false are their own names. */
  readonly label: string;
  /** File and line, for errors. */
  readonly place: string;
}

/**
 * Reads sources one after the other. Other fields of a record are ignored.
 * @throws GptError `invalid-file` for a source without records, and for a record without a text or a label;
 *   `not-found` for a source that cannot be read
 */
export async function* readLabelledTexts(
  sources: readonly DataSource[],
): AsyncGenerator<LabelledText, void, void> {
  for (const source of sources) {
    const content = await contentOf(source);
    if (content.kind === "text") {
      const expected =
        'expected .jsonl with lines {"text": "...", "label": "..."}, or .csv with these columns';
      throw new GptError("invalid-file", `${source.name}: is text without labels: ${expected}`);
    }
    for await (const record of content.records) {
      const label = labelOf(record) ?? record.fail("label", "a text, a number, true or false");
      const pair = record.get("text_pair") === undefined ? {} : { text_pair: record.string("text_pair") };
      yield { text: record.string("text"), ...pair, label, place: record.file };
    }
  }
}

/** Undefined without a label. @throws GptError `invalid-file` for a label that is no name */
export function labelOf(record: JsonFields): string | undefined {
  const label = record.get("label");
  if (label === undefined || typeof label === "string") return label;
  if (typeof label === "number" || typeof label === "boolean") return String(label);
  return record.fail("label", "a text, a number, true or false");
}

/** Names of all classes: numbers by size, others by their characters. */
export function classesOf(texts: readonly Pick<LabelledText, "label">[]): string[] {
  const names = [...new Set(texts.map(({ label }) => label))].sort();
  const isNumber = (name: string) => name.trim() !== "" && Number.isFinite(Number(name));
  return names.every(isNumber) ? names.sort((a, b) => Number(a) - Number(b)) : names;
}

/**
 * Holds out the same share of every class for validation. The first text of a class is never held out.
 *
 * @param fraction at least 0, below 1
 * @param seed unsigned 32-bit integer, which selects the texts
 */
export function holdOutOfEach<T extends Pick<LabelledText, "label">>(
  texts: readonly T[],
  { fraction, seed }: { readonly fraction: number; readonly seed: number },
): { readonly train: T[]; readonly valid: T[] } {
  const turns = new Map<string, () => boolean>();
  const [train, valid]: [T[], T[]] = [[], []];
  for (const text of texts) {
    const isHeldOut = turns.get(text.label);
    (isHeldOut?.() ? valid : train).push(text);
    if (!isHeldOut) turns.set(text.label, holdOut(fraction, (seed + turns.size) >>> 0));
  }
  return { train, valid };
}

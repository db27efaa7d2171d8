/** Texts whose classes are known: lines of JSON, `{"text": "...", "label": "..."}`. */
import { GptError } from "../errors.ts";
import type { JsonFields } from "../files/json-fields.ts";
import { OutputFile } from "../files/output-file.ts";
import { holdOut } from "./held-out.ts";
import { jsonRecords } from "./json-records.ts";
import type { DataSource } from "./sources.ts";

export interface LabelledText {
  readonly text: string;
  /** The name of the class: a number, true and false are their own names. */
  readonly label: string;
  /** The file and the line, for errors. */
  readonly place: string;
}

/**
 * Reads sources one after the other. Other fields of a line are left alone.
 * @throws GptError `invalid-file` for a source that is no lines of JSON, and for a line without a text or a label; `not-found` for
 *   one that cannot be read
 */
export async function* readLabelledTexts(
  sources: readonly DataSource[],
): AsyncGenerator<LabelledText, void, void> {
  for (const { name, format, chunks } of sources) {
    if (format === "text") {
      const expected = 'expected a .jsonl file of lines {"text": "...", "label": "..."}';
      throw new GptError("invalid-file", `${name}: is text without labels: ${expected}`);
    }
    for await (const record of jsonRecords(chunks(), name)) {
      const label = labelOf(record) ?? record.fail("label", "a text, a number, true or false");
      yield { text: record.string("text"), label, place: record.file };
    }
  }
}

/** Undefined where there is none. @throws GptError `invalid-file` for what names no class */
export function labelOf(record: JsonFields): string | undefined {
  const label = record.get("label");
  if (label === undefined || typeof label === "string") return label;
  if (typeof label === "number" || typeof label === "boolean") return String(label);
  return record.fail("label", "a text, a number, true or false");
}

/** The names of all classes: numbers in their order, others by their characters. */
export function classesOf(texts: readonly Pick<LabelledText, "label">[]): string[] {
  const names = [...new Set(texts.map(({ label }) => label))].sort();
  const isNumber = (name: string) => name.trim() !== "" && Number.isFinite(Number(name));
  return names.every(isNumber) ? names.sort((a, b) => Number(a) - Number(b)) : names;
}

/**
 * Keeps the same share of every class back for validation, but its first text.
 *
 * @param fraction at least 0, below 1
 * @param seed which of them: unsigned 32-bit integer
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

/** Writes what `readLabelledTexts` reads. @throws GptError `resource` where it cannot be written */
export async function writeLabelledTexts(path: string, texts: readonly LabelledText[]): Promise<void> {
  await using file = await OutputFile.create(path);
  for (const { text, label } of texts) await file.write(`${JSON.stringify({ text, label })}\n`);
  await file.keep();
}

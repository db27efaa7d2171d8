/** metrics.jsonl: a line of JSON for each measurement of a run, written as soon as it is made. */
import { type FileHandle, open } from "node:fs/promises";
import { isJsonObject, type JsonObject, type JsonValue } from "../../files/json.ts";
import { writeError } from "../../files/write-error.ts";
import type { Metrics } from "../step/metrics.ts";
import type { RunRecord } from "./history.ts";

export class MetricsFile implements AsyncDisposable {
  /** Records of the run so far. */
  readonly records: readonly RunRecord[];
  readonly #path: string;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle, records: readonly RunRecord[]) {
    this.#path = path;
    this.#handle = handle;
    this.records = records;
  }

  /**
   * Opens the file of a run and drops the records after a step, which the run makes again.
   *
   * @param step number of updates of the run so far; 0 empties the file
   * @throws GptError as `writeError`
   */
  static async open(path: string, step: number): Promise<MetricsFile> {
    const handle = await blaming(path, () => open(path, "a+"));
    try {
      const kept = step === 0 ? { records: [], size: 0 } : await readRecords(handle, step);
      await blaming(path, () => handle.truncate(kept.size));
      return new MetricsFile(path, handle, kept.records);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** @throws GptError as `writeError` */
  async add(record: RunRecord): Promise<void> {
    await blaming(this.#path, () => this.#handle.appendFile(formatRecord(record)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

/** A line with the names that programs read. */
function formatRecord(record: RunRecord): string {
  if (record.kind === "sample") return `${JSON.stringify(record)}\n`;
  if (record.kind === "validation") {
    const { scores, metrics, ...rest } = record;
    const { accuracy, macroF1: macro_f1 } = scores ?? {};
    return `${JSON.stringify({ ...rest, accuracy, macro_f1, ...metrics })}\n`;
  }
  const { gradNorm, seconds, peakShare, rolloutRate, metrics, ...rest } = record;
  const times = {
    seconds: Number(seconds.toFixed(6)),
    peak_share: peakShare && Number(peakShare.toFixed(4)),
    rollout_tokens_per_second: rolloutRate && Math.round(rolloutRate),
  };
  return `${JSON.stringify({ ...rest, grad_norm: gradNorm, ...times, ...metrics })}\n`;
}

/**
 * The records up to a step, and their bytes. They end before a torn line and before a line that is no record.
 */
async function readRecords(
  handle: FileHandle,
  lastStep: number,
): Promise<{ readonly records: RunRecord[]; readonly size: number }> {
  const records: RunRecord[] = [];
  const { size: end } = await handle.stat();
  let size = 0;
  for await (const line of handle.readLines({ start: 0, autoClose: false })) {
    const next = size + Buffer.byteLength(line) + 1;
    const record = next <= end ? parseRecord(line) : undefined;
    if (record === undefined || record.step > lastStep) break;
    records.push(record);
    size = next;
  }
  return { records, size };
}

function parseRecord(line: string): RunRecord | undefined {
  const fields = parsed(line);
  if (!isJsonObject(fields)) return undefined;
  const { kind, step, loss, lr, grad_norm: gradNorm, tokens, seconds, peak_share: peakShare, text } = fields;
  if (typeof step !== "number") return undefined;
  if (kind === "sample" && typeof text === "string") return { kind, step, text };
  if (typeof loss !== "number") return undefined;
  if (kind === "validation") {
    const { accuracy, macro_f1: macroF1 } = fields;
    if (typeof accuracy !== "number" || typeof macroF1 !== "number") {
      return { kind, step, loss, ...figuresIn(fields) };
    }
    return { kind, step, loss, scores: { accuracy, macroF1 } };
  }
  if (kind !== "train" || typeof lr !== "number" || typeof gradNorm !== "number") return undefined;
  if (typeof tokens !== "number" || typeof seconds !== "number") return undefined;
  const { rollout_tokens_per_second: rolloutRate } = fields;
  const measured = {
    ...(typeof peakShare === "number" ? { peakShare } : {}),
    ...(typeof rolloutRate === "number" ? { rolloutRate } : {}),
  };
  return { kind, step, loss, lr, gradNorm, tokens, seconds, ...measured, ...figuresIn(fields) };
}

/** Names of a line that are no figures of an objective. */
const COMMON = [
  ...["kind", "step", "loss", "lr", "grad_norm", "tokens"],
  ...["seconds", "peak_share", "rollout_tokens_per_second"],
];

function figuresIn(fields: JsonObject): { readonly metrics?: Metrics } {
  const figures = Object.entries(fields).filter(
    (entry): entry is [string, number] => !COMMON.includes(entry[0]) && typeof entry[1] === "number",
  );
  return figures.length > 0 ? { metrics: Object.fromEntries(figures) } : {};
}

function parsed(line: string): JsonValue | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

async function blaming<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw writeError(path, error);
  }
}

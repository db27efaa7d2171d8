/** A machine as the numbers that decide how fast a model runs on it: measured here, or read from a file. */
import { JsonFields } from "../files/json-fields.ts";

export interface MachineFigures {
  readonly name: string;
  /** Cores that a model may use. */
  readonly cores: number;
  readonly memoryBytes: number;
  /** Bytes a second that one thread, and threads on all cores together, read of memory beyond the caches. */
  readonly readBytesPerSecond: { readonly one: number; readonly all: number };
  /** Floating-point operations a second of one core: each multiply-add counts as two. */
  readonly flopsPerSecond: number;
  /** Seconds to start a kernel on all threads and to wait for the last of them. */
  readonly jobSeconds: number;
  /**
   * What kernels reach of the read rate or of the operations, by their names in `gpt bench kernels`
   * (`matmul-q4_0-row`, `matmul-q4_0`, `attention-f16-row`). A kernel without a share takes the usual one.
   */
  readonly shares: Readonly<Record<string, number>>;
}

const SECONDS_OF_A_JOB = 5e-6;

/**
 * Reads a machine from JSON with the fields of `MachineFigures` in snake case. Needed are `cores`,
 * `memory_bytes`, `read_bytes_per_second` and `flops_per_second`. The rate of reading may be one number, if
 * one thread reads as much as all.
 *
 * @throws GptError `not-found`; `invalid-file` that names the field
 */
export async function readMachine(path: string): Promise<MachineFigures> {
  const fields = await JsonFields.read(path);
  const read = fields.get("read_bytes_per_second");
  const all = typeof read === "number" ? positive(fields, "read_bytes_per_second") : undefined;
  const both = all === undefined ? fields.object("read_bytes_per_second") : undefined;
  const shares = fields.optionalObject("shares");
  const whole = (name: string) => fields.count(name) || fields.fail(name, "a whole number from 1");
  return {
    name: fields.optionalString("name") ?? path,
    cores: whole("cores"),
    memoryBytes: whole("memory_bytes"),
    readBytesPerSecond: both
      ? { one: positive(both, "one"), all: positive(both, "all") }
      : { one: all as number, all: all as number },
    flopsPerSecond: positive(fields, "flops_per_second"),
    jobSeconds: fields.get("job_seconds") === undefined ? SECONDS_OF_A_JOB : positive(fields, "job_seconds"),
    shares: Object.fromEntries(
      (shares?.names ?? []).map((name) => [name, positive(shares as JsonFields, name)]),
    ),
  };
}

function positive(fields: JsonFields, name: string): number {
  const value = fields.get(name);
  if (typeof value === "number" && Number.isFinite(value) && value > 0) return value;
  return fields.fail(name, "a number above 0");
}

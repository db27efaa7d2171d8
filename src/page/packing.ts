/**
 * A record as JSON and one run of bytes. Arrays of floats become 16-bit codes: value = least + step * code,
 * with a code for NaN, which infinities become. Their error is at most 1/131068 of their range. Ids stay 32-bit
 * integers.
 */

/** Stands for NaN. */
const NOTHING = 65535;
const CODES = NOTHING - 1;

/** What stands in the JSON for an array. */
type Packed =
  | { readonly floats: number; readonly at: number; readonly least: number; readonly step: number }
  | { readonly ids: number; readonly at: number };

export interface PackedRecord {
  readonly json: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export function pack(record: unknown): PackedRecord {
  const parts: Uint8Array[] = [];
  let length = 0;
  const add = (part: Uint16Array | Int32Array): number => {
    const at = length;
    const padding = (4 - (part.byteLength % 4)) % 4;
    parts.push(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), new Uint8Array(padding));
    length += part.byteLength + padding;
    return at;
  };
  const json = JSON.stringify(record, (_key, value: unknown) => {
    if (value instanceof Float32Array) {
      const { codes, least, step } = encode(value);
      return { floats: value.length, at: add(codes), least, step } satisfies Packed;
    }
    if (value instanceof Int32Array) return { ids: value.length, at: add(value) } satisfies Packed;
    return value;
  });
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { json, bytes };
}

/** The record again. Its type is that of what was packed. */
export function unpack<T>({ json, bytes }: PackedRecord): T {
  return JSON.parse(json, (_key, value: unknown) => {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, "at")) return value;
    const packed = value as Packed;
    if ("ids" in packed) return new Int32Array(bytes.buffer, bytes.byteOffset + packed.at, packed.ids);
    const codes = new Uint16Array(bytes.buffer, bytes.byteOffset + packed.at, packed.floats);
    return Float32Array.from(codes, (code) =>
      code === NOTHING ? Number.NaN : packed.least + packed.step * code,
    );
  }) as T;
}

function encode(values: Float32Array): { codes: Uint16Array; least: number; step: number } {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < least && Number.isFinite(value)) least = value;
    if (value > most && Number.isFinite(value)) most = value;
  }
  if (least > most) [least, most] = [0, 0];
  const step = (most - least) / CODES;
  const codes = Uint16Array.from(values, (value) => {
    if (!Number.isFinite(value)) return NOTHING;
    return step === 0 ? 0 : Math.round((value - least) / step);
  });
  return { codes, least, step };
}

/** Protobuf messages, made on the spot. */

export type Message = readonly number[];

/** The bytes of a field with a message or text. */
export const message = (bytes: Message): { readonly bytes: Message } => ({ bytes });

const varint = (value: number): number[] => {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, BigInt(value));
  do {
    const part = Number(left & 0x7fn);
    left >>= 7n;
    bytes.push(left > 0n ? part | 0x80 : part);
  } while (left > 0n);
  return bytes;
};

export const field = (number: number, value: number | { readonly bytes: Message }): number[] =>
  typeof value === "number"
    ? [...varint(number << 3), ...varint(value)]
    : [...varint((number << 3) | 2), ...varint(value.bytes.length), ...value.bytes];

export const float = (number: number, value: number): number[] => [
  ...varint((number << 3) | 5),
  ...new Uint8Array(Float32Array.of(value).buffer),
];

export const piece = (text: string, score: number, type?: number): number[] => [
  ...field(1, message([...Buffer.from(text)])),
  ...float(2, score),
  ...(type === undefined ? [] : field(3, type)),
];

export const modelOf = (
  pieces: readonly (readonly [text: string, score: number, type?: number])[],
): number[] => pieces.flatMap((one) => field(1, message(piece(...one))));

/**
 * Damages bytes in the ways that disks, downloads, careless programs and attackers do: the same for the same
 * seed.
 */
import type { TestRandom } from "../../reference/random.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Integers at the edges of what counts, lengths and offsets are stored in. */
const EXTREMES = [0n, 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 62n, 2n ** 63n, 2n ** 64n - 1n];

/** Changes one thing about the bytes; headers more often than what follows them. */
export function mutateBytes(random: TestRandom, bytes: Uint8Array): Bytes {
  const mutated = Uint8Array.from(bytes);
  const near = Math.min(bytes.length, random.uniform() < 0.7 ? 2 ** (3 + random.integer(12)) : bytes.length);
  const at = random.integer(near);
  const length = 1 + random.integer(64);
  const join = (...parts: readonly Uint8Array[]) => Uint8Array.from(Buffer.concat(parts));
  switch (random.integer(9)) {
    case 0:
      mutated[at] = (mutated[at] ?? 0) ^ (1 << random.integer(8));
      return mutated;
    case 1:
      mutated[at] = random.pick([0, 0x20, 0x39, 0x7f, 0x80, 0xff]);
      return mutated;
    case 2:
      return mutated.subarray(0, at);
    case 3:
      return join(bytes.subarray(0, at + length), bytes.subarray(at));
    case 4:
      return join(bytes.subarray(0, at), bytes.subarray(at + length));
    case 5:
      return join(bytes.subarray(0, at), noise(random, length), bytes.subarray(at));
    case 6:
      mutated.copyWithin(at, random.integer(bytes.length), random.integer(bytes.length));
      return mutated;
    case 7:
      mutated.fill(random.pick([0, 0xff]), at, at + length);
      return mutated;
    default:
      return withExtreme(random, mutated, at);
  }
}

const noise = (random: TestRandom, length: number): Uint8Array =>
  Uint8Array.from({ length }, () => random.integer(256));

/** Writes a number where one may be: as 4 or 8 bytes, integer or float. */
function withExtreme(random: TestRandom, bytes: Bytes, near: number): Bytes {
  const at = Math.max(0, Math.min(near - ((random.integer(2) * near) % 4), bytes.length - 8));
  if (bytes.length < 8) return bytes;
  const view = new DataView(bytes.buffer);
  const value = random.pick(EXTREMES);
  switch (random.integer(3)) {
    case 0:
      view.setUint32(at, Number(value & 0xffffffffn), true);
      break;
    case 1:
      view.setBigUint64(at, value, true);
      break;
    default:
      view.setFloat32(at, random.pick([Number.NaN, Number.POSITIVE_INFINITY, -1e38, 1e-40]), true);
  }
  return bytes;
}

/** Weights in another file than that of their model: moments of an optimizer, outer states of replicas. */
import type { StoredTensor } from "../checkpoint/checkpoint.ts";
import { GptError } from "../errors.ts";
import { checkStored, type StoredWeight, sliceOf, stackShape } from "./resolve.ts";

/**
 * A weight of which another file has the tensors, in F32, perhaps under names with a prefix.
 *
 * @throws GptError `invalid-file` for a tensor that is missing or has another shape
 */
export function storedIn(
  tensors: ReadonlyMap<string, StoredTensor>,
  file: string,
  { spec, parts }: StoredWeight,
  prefix = "",
): StoredWeight {
  const placed = parts.map((part) => {
    const name = prefix + part.stored.name;
    const stored = tensors.get(name);
    if (stored === undefined) throw new GptError("invalid-file", `${file}: tensor ${name} is missing`);
    checkStored(stored, stackShape(part));
    const { slice, range } = part.source;
    return { ...part, stored: slice || range ? sliceOf(stored, part.source) : stored };
  });
  return { spec, parts: placed };
}

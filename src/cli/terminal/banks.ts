/** The memories of a model that is larger than one, as text. */
import type { PlannedBank } from "../../weights/banks/layout.ts";
import { bytes } from "./format.ts";

/** "layers 0 to 15: 2.45 GB, cache 268 MB". The first memory holds embedding and head too. */
export function bankText({ firstLayer, layers, weightBytes, cacheBytes }: PlannedBank, i: number): string {
  const last = firstLayer + layers - 1;
  const own = layers === 0 ? [] : [layers === 1 ? `layer ${last}` : `layers ${firstLayer} to ${last}`];
  const held = [...(i === 0 ? ["embedding", "head"] : []), ...own].join(", ") || "rows of tables";
  return `${held}: ${bytes(weightBytes)}, cache ${bytes(cacheBytes)}`;
}

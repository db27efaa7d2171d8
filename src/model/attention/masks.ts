/** Masks of attention as the positions that a row reaches. */
import { CAUSAL, NO_BOUND, type Reach } from "../../compute/ops/attention-layers.ts";
import type { DecoderConfig } from "../config.ts";
import { attentionsOf } from "../mixers.ts";
import type { MaskConfig } from "./score-config.ts";

/** Whether positions see those behind them: an encoder, which reads whole texts and writes none. */
export const seesAhead = (config: Pick<DecoderConfig, "layers">): boolean =>
  attentionsOf(config).some(({ mask }) => reachOf(mask).future > 0);

/**
 * Positions before its own that a row sees at most of the keys of a layer; undefined if it sees all. Other
 * layers may read these keys too.
 */
export function mostPast({ layers }: Pick<DecoderConfig, "layers">, layer: number): number | undefined {
  let most = 0;
  for (const [number, { mixer }] of layers.entries()) {
    if (mixer.kind !== "attention" || (mixer.keysFrom ?? number) !== layer) continue;
    const { past, chunk } = reachOf(mixer.mask);
    most = Math.max(most, chunk > 0 ? chunk - 1 : past);
  }
  return most < NO_BOUND ? most : undefined;
}

export function reachOf(mask: MaskConfig): Reach {
  switch (mask.kind) {
    case "causal":
      return CAUSAL;
    case "full":
      return { past: NO_BOUND, future: NO_BOUND, chunk: 0 };
    case "window":
      return { past: mask.size - 1, future: 0, chunk: 0 };
    case "chunk":
      return { past: NO_BOUND, future: 0, chunk: mask.size };
    case "band":
      return { past: mask.size, future: mask.size, chunk: 0 };
  }
}

/** Sizes of output heads. */
import type { HeadConfig } from "./config.ts";

/** Outputs of a head. */
export function outputsOf(head: HeadConfig, vocabSize: number): number {
  switch (head.kind) {
    case "tokens":
      return vocabSize;
    case "classes":
      return head.labels.length;
    case "value":
      return 1;
    case "none":
      return 0;
  }
}

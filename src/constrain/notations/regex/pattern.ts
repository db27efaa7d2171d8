/** A regular expression as a tree over characters. */
import type { CodePoints } from "../../grammar/code-points.ts";

export type Pattern =
  | { readonly kind: "characters"; readonly set: CodePoints }
  | { readonly kind: "sequence"; readonly parts: readonly Pattern[] }
  | { readonly kind: "choice"; readonly options: readonly Pattern[] }
  | { readonly kind: "repeat"; readonly of: Pattern; readonly least: number; readonly most: number }
  /** `^` */
  | { readonly kind: "start" }
  /** `$` */
  | { readonly kind: "end" };

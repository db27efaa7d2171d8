/** What the page and its engine say to each other. */
import type { LiveEngine } from "../../live-parts.ts";
import type { PageData } from "../../page-data.ts";

/** The model and the kernels that the page carries. They change hands. */
export interface Start extends LiveEngine {
  readonly kind: "start";
  /** Path of the checkpoint among the files. */
  readonly path: string;
  readonly files: readonly CarriedFile[];
  readonly kernels: readonly CarriedFile[];
}

export interface CarriedFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Look at a text. A later question ends the work on an earlier one. */
export interface Question {
  readonly kind: "question";
  readonly text: string;
}

export type Answer =
  | { readonly kind: "ready"; readonly threads: number }
  | { readonly kind: "data"; readonly data: PageData; readonly milliseconds: number }
  | { readonly kind: "error"; readonly message: string };

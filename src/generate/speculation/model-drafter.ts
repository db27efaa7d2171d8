/** A drafter that takes the likeliest ids of a smaller model (Leviathan et al. 2023). */

import { commonPrefix } from "../../engine/common-prefix.ts";
import type { LogitsSource } from "../logits-source.ts";
import type { DraftModel } from "../options/options.ts";
import { candidatesOf } from "../sampling/candidates.ts";
import type { Drafter } from "./drafter.ts";

export class ModelDrafter implements Drafter {
  readonly #model: DraftModel;
  #source: LogitsSource | undefined;

  /** @param model with the same tokens */
  constructor(model: DraftModel) {
    this.#model = model;
  }

  async draft(
    ids: readonly number[],
    most: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly number[]> {
    this.#source ??= this.#model.createSession();
    const source = this.#source;
    const room = source.contextSize - ids.length + 1; // The last guess needs no place.
    const guesses: number[] = [];
    source.truncate(Math.min(commonPrefix(source.ids, ids), ids.length - 1));
    let next = ids.slice(source.ids.length);
    while (guesses.length < Math.min(most, room)) {
      const logits = await source.append(next, { signal });
      next = [...candidatesOf(logits, 1).ids];
      guesses.push(...next);
    }
    return guesses;
  }

  async close(): Promise<void> {
    await this.#source?.close();
  }
}

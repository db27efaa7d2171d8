/**
 * A model that does not change while another one is trained: the one that the run started from, or another
 * one. Beside an adapter it is the same weights without the adapter; else it is read when it is first needed.
 */
import type { Decoder } from "../../model/modules.ts";
import { buildDecoder } from "../../weights/build-decoder.ts";
import type { OpenWeights } from "../../weights/open.ts";
import { type FrozenModel, type FrozenWeights, keyOf, openFrozen } from "../frozen-model.ts";
import { Loss } from "./loss.ts";
import { ReferenceScores } from "./reference-scores.ts";

export interface ReferenceParts {
  /** Threads and memory. */
  readonly open: OpenWeights;
  readonly contextSize: number;
  /** Ids mean the same in both models. */
  readonly vocabSize: number;
  /** The decoder, if its weights are in memory. */
  readonly base: (FrozenWeights & { readonly decoder: Decoder }) | undefined;
  /** Its path or name, if they are not. */
  readonly model: string | undefined;
  /** Keeps log-probabilities. Default: memory alone. */
  readonly scoresFile: string | undefined;
}

export class Reference implements Disposable {
  readonly #parts: ReferenceParts;
  #scores: Promise<ReferenceScores> | undefined;
  #loaded: Promise<Decoder> | undefined;
  #loss: Loss | undefined;
  #own: OpenWeights | undefined;

  constructor(parts: ReferenceParts) {
    this.#parts = parts;
  }

  /** @throws GptError as `loadModel`, and `usage` for another vocabulary */
  async load(): Promise<{ readonly loss: Loss; readonly decoder: Decoder }> {
    const { open } = this.#parts;
    this.#loaded ??= this.#load();
    const decoder = await this.#loaded;
    this.#loss ??= new Loss(open.runtime, open.threads, decoder, []);
    return { loss: this.#loss, decoder };
  }

  /** The log-probabilities that are known. @throws GptError as `openCheckpoint`, and as `writeError` */
  scores(): Promise<ReferenceScores> {
    this.#scores ??= this.#openScores();
    return this.#scores;
  }

  [Symbol.dispose](): void {
    this.#own?.[Symbol.dispose]();
  }

  async #openScores(): Promise<ReferenceScores> {
    const { open, base, scoresFile } = this.#parts;
    if (scoresFile === undefined) return await ReferenceScores.open(undefined, new Uint8Array());
    return await ReferenceScores.open(
      scoresFile,
      await keyOf(base ?? (await this.#stored()), open.runtime.simd),
    );
  }

  async #load(): Promise<Decoder> {
    const { open, contextSize, base } = this.#parts;
    if (base !== undefined) return base.decoder;
    const { config, weights, dtypeOf } = await this.#stored();
    this.#own = open.beside();
    const values = await this.#own.load(weights, dtypeOf);
    return await buildDecoder(this.#own.packing, config, values, contextSize);
  }

  #stored(): Promise<FrozenModel> {
    const { vocabSize, model } = this.#parts;
    return openFrozen(model, vocabSize);
  }
}

/**
 * A model that does not change while another one is trained: the one that the run started from, or another
 * one. Beside an adapter it is the same weights without the adapter; else it is read when it is first needed.
 */
import { openCheckpoint } from "../../checkpoint/open.ts";
import { GptError } from "../../errors.ts";
import { parseModel } from "../../families/parse.ts";
import { findModel } from "../../hub/find-model.ts";
import type { Decoder } from "../../model/modules.ts";
import { buildDecoder } from "../../weights/build-decoder.ts";
import type { OpenWeights } from "../../weights/open.ts";
import { resolveWeights } from "../../weights/resolve.ts";
import { Loss } from "./loss.ts";

export interface ReferenceParts {
  /** Threads and memory. */
  readonly open: OpenWeights;
  readonly contextSize: number;
  /** Ids mean the same in both models. */
  readonly vocabSize: number;
  /** The decoder, if its weights are in memory. */
  readonly decoder: Decoder | undefined;
  /** Its path or name, if they are not. */
  readonly model: string | undefined;
}

export class Reference implements Disposable {
  readonly #parts: ReferenceParts;
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

  [Symbol.dispose](): void {
    this.#own?.[Symbol.dispose]();
  }

  async #load(): Promise<Decoder> {
    const { open, contextSize, vocabSize, decoder, model } = this.#parts;
    if (decoder !== undefined) return decoder;
    if (model === undefined) {
      const problem = "the run does not say which model it started from";
      throw new GptError("usage", `${problem}: name it as the objective's reference`);
    }
    const checkpoint = await openCheckpoint(findModel(model));
    const description = await parseModel(checkpoint, "tokens");
    if (description.config.vocabSize !== vocabSize) {
      const sizes = `has ${description.config.vocabSize} tokens, the model in training ${vocabSize}`;
      throw new GptError("usage", `${model}: ${sizes}: a reference needs the same vocabulary`);
    }
    this.#own = open.beside();
    const values = await this.#own.load(resolveWeights(checkpoint, description), () => "f32");
    return await buildDecoder(this.#own.packing, description.config, values, contextSize);
  }
}

/**
 * What every conversation with a model has: options for its answers, each with the next seed, and the last
 * answer.
 */
import type { GenerateOptions } from "../generate/options/options.ts";
import { randomSeed } from "../generate/sampling/random.ts";
import { type OnText, type Sample, type SampleRequest, takeSample } from "../text/samples/sample.ts";
import type { TextModel } from "../text/text-model.ts";

export abstract class Talk {
  readonly model: TextModel;
  readonly #resolve: (options: GenerateOptions) => GenerateOptions;
  #options: GenerateOptions;
  /** Of the next answer. */
  #seed: number;
  #last: Sample | undefined;

  /**
   * @param options for every answer; answer number n, from 0, has the seed `seed` + n modulo 2^32
   * @param resolve checks the options of an answer, and throws for options that do not go together
   */
  constructor(
    model: TextModel,
    { seed = randomSeed(), ...options }: GenerateOptions,
    resolve: (options: GenerateOptions) => GenerateOptions = (options) => options,
  ) {
    this.model = model;
    this.#resolve = resolve;
    this.#options = options;
    this.#seed = seed;
  }

  /** With the seed of the next answer. */
  get options(): GenerateOptions & { readonly seed: number } {
    return { ...this.#options, seed: this.#seed };
  }

  /** Options for the answers from now on. Without a seed the sequence of seeds goes on. */
  set options({ seed = this.#seed, ...options }: GenerateOptions) {
    this.#options = options;
    this.#seed = seed;
  }

  /** The last answer; undefined before the first. */
  get last(): Sample | undefined {
    return this.#last;
  }

  protected get resolved(): GenerateOptions {
    return this.#resolve(this.options);
  }

  /** Takes an answer. If this fails, the next one has the same seed. */
  protected async take(request: SampleRequest, onText: OnText): Promise<Sample> {
    const sample = await takeSample(this.model, request, onText);
    this.#seed = (this.#seed + 1) >>> 0;
    this.#last = sample;
    return sample;
  }

  protected forgetLast(): void {
    this.#last = undefined;
  }
}

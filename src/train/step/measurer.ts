/** Runs of a model without gradients, micro-batch by micro-batch. */
import type { Runtime } from "../../compute/runtime.ts";
import type { Decoder, Head } from "../../model/modules.ts";
import { microBatches } from "../examples.ts";
import type { Measure } from "../objectives/objective.ts";
import type { Loss } from "./loss.ts";
import type { Reference } from "./reference.ts";
import type { ReferenceScores } from "./reference-scores.ts";

export interface MeasurerParts {
  readonly runtime: Runtime;
  readonly decoder: Decoder;
  /** Of the decoder. */
  readonly loss: Loss;
  readonly reference: Reference;
  /** Of an objective that learns a value function. */
  readonly valueHead: Head | undefined;
  /** Tokens that go through the model together. */
  readonly tokens: number;
}

export interface Measures {
  readonly measure: Measure;
  readonly reference: Measure;
  readonly scores: () => Promise<ReferenceScores>;
  /** As `reference`, where the caller has the threads for itself. */
  readonly teacher: Measure;
  /** The values of the model in training, if it learns some. */
  readonly values: Measure | undefined;
}

type Guard = <T>(work: () => Promise<T>) => Promise<T>;

/** With the model in training, and with the reference. @param signal ends them between operations */
export function measuresOf(
  { runtime, decoder, loss, reference, valueHead, tokens }: MeasurerParts,
  signal: AbortSignal | undefined,
): Measures {
  const pause = () => runtime.pause(signal);
  type Model = { readonly loss: Loss; readonly decoder: Pick<Decoder, "head"> };
  const measureOf =
    (model: () => Promise<Model>, guard: Guard): Measure =>
    async (sequences, work) => {
      const { loss, decoder } = await model();
      let sum = 0;
      for (const group of microBatches(sequences, tokens)) {
        sum += await guard(() => loss.measure(group, decoder.head, (rows) => work(rows, group), pause));
      }
      return sum;
    };
  const exclusively: Guard = (work) => runtime.exclusively(work);
  return {
    measure: measureOf(async () => ({ loss, decoder }), exclusively),
    reference: measureOf(() => reference.load(), exclusively),
    scores: () => reference.scores(),
    teacher: measureOf(
      () => reference.load(),
      (work) => work(),
    ),
    values: valueHead && measureOf(async () => ({ loss, decoder: { head: valueHead } }), exclusively),
  };
}

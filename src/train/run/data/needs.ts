/** Inputs from which the data of a run is made. */
import type { DialogueIds } from "../../../chat/template/dialogue-ids.ts";
import { type DataSource, findSources } from "../../../data/index.ts";
import { GptError } from "../../../errors.ts";
import type { ForcedIds } from "../../../generate/generation.ts";
import type { Reading } from "../../../library/reading.ts";
import type { Tokenizer } from "../../../tokenizer/index.ts";
import type { PreparationObserver } from "../observer.ts";
import type { TrainPlan } from "../plan.ts";
import type { DataRequest } from "../request.ts";

export interface DataSources {
  readonly train: readonly DataSource[];
  readonly valid: readonly DataSource[];
}

export interface Needs {
  readonly sources: () => Promise<DataSources>;
  readonly tokenizer: Tokenizer;
  /** Reads messages. */
  readonly dialogues: DialogueIds;
  readonly plan: TrainPlan;
  readonly observer: PreparationObserver;
  /** Directory of files of tokens that were made elsewhere. */
  readonly tokens?: string | undefined;
}

/** Of an encoder-decoder: what it starts to write from, and the ids that are forced. */
export interface DecoderFacts {
  readonly startId: number;
  readonly forced: ForcedIds | undefined;
}

export interface ReadNeeds extends Needs {
  /** Of an encoder-decoder. */
  readonly decoder?: DecoderFacts | undefined;
  /** The ids of a text, as the model reads it. */
  readonly read: (text: string, pair?: string) => Reading;
}

export type Input = AsyncIterable<Uint8Array>;

/**
 * The files of a request; without data it is standard input.
 *
 * @param input standard input; undefined if nothing is connected to it
 * @throws GptError `usage` without data, and as `findSources`
 */
export async function findData({ data, valid }: DataRequest, input: Input | undefined): Promise<DataSources> {
  if (data === undefined && input === undefined) {
    throw new GptError("usage", "no data is given: try gpt train stories.txt -o my-model, or pipe it in");
  }
  const train = await findSources(data ?? ["-"], input);
  return { train, valid: valid === undefined ? [] : await findSources(valid, input) };
}

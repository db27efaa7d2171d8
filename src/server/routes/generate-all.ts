/** All generations of a request, which share the passes over the weights. */
import type { GeneratedToken, GenerateOptions } from "../../generate/options/options.ts";
import { drawing, type Sample, sampleRequests } from "../../text/samples/sample.ts";
import type { Exchange } from "../route.ts";

export interface Wish {
  readonly prompts: readonly (readonly number[])[];
  readonly options: GenerateOptions;
  /** Generations of each prompt. Number 0 has the seed of a single one. */
  readonly count: number;
}

/** @param choice its number among those of all prompts */
type OnToken = (choice: number, token: GeneratedToken) => Promise<void>;

/** @returns those of each prompt */
export function generateAll(
  { service, client, signal }: Pick<Exchange, "service" | "client" | "signal">,
  { prompts, options, count }: Wish,
  onToken: OnToken = async () => {},
): Promise<Sample[][]> {
  return Promise.all(
    prompts.map(async (promptIds, prompt) => {
      const runs: Promise<Sample>[] = [];
      const request = { promptIds, options: drawing(options, count) };
      for await (const own of sampleRequests(request, count)) {
        const choice = prompt * count + runs.length;
        const generation = { client, promptIds, options: own.options, signal };
        runs.push(service.generate({ ...generation, onToken: (token) => onToken(choice, token) }));
      }
      return await Promise.all(runs);
    }),
  );
}

/** The writer of --vote: the answer that most samples give, and how they voted. */
import { answerOf, countVotes } from "../../../text/prompts/votes.ts";
import { sampleRecord } from "../../../text/samples/record.ts";
import type { Sample } from "../../../text/samples/sample.ts";
import { type Output, printable } from "../../terminal/output.ts";
import { table } from "../../terminal/table.ts";
import type { LoadedModel } from "./loaded-model.ts";
import type { SampleWriter } from "./writers.ts";

interface VoteArguments {
  readonly answerRegex?: RegExp | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

export class VoteWriter implements SampleWriter {
  readonly isLive = false;
  readonly #output: Output;
  readonly #loaded: LoadedModel;
  readonly #args: VoteArguments;
  readonly #manifest: object | undefined;
  readonly #samples: (readonly [Sample, string | undefined])[] = [];

  constructor(output: Output, loaded: LoadedModel, args: VoteArguments, manifest?: object) {
    this.#output = output;
    this.#loaded = loaded;
    this.#args = args;
    this.#manifest = manifest;
  }

  async add(): Promise<void> {}

  async end(sample: Sample): Promise<void> {
    this.#samples.push([sample, answerOf(sample.text, this.#args.answerRegex)]);
  }

  /** Writes the winner. The table goes to standard error, all texts into the JSON. */
  async finish(): Promise<void> {
    const votes = countVotes(this.#samples.map(([, answer]) => answer));
    const winner = votes[0]?.answer;
    if (this.#args.json) {
      const samples = this.#samples.map(([sample, answer]) => ({
        answer: answer ?? null,
        ...sampleRecord(sample, this.#loaded),
      }));
      const manifest = this.#manifest && { manifest: this.#manifest };
      return await this.#output.writeJson({ winner: winner ?? null, votes, samples, ...manifest });
    }
    await this.#output.write(`${winner ?? ""}\n`);
    if (this.#args.quiet) return;
    const silent = this.#samples.length - votes.reduce((sum, { count }) => sum + count, 0);
    const rows = votes.map(({ answer, count }) => [printable(answer), ...this.#share(count)]);
    if (silent > 0) rows.push(["(no answer)", ...this.#share(silent)]);
    process.stderr.write(table([["answer", "votes", "share"], ...rows]));
  }

  #share(count: number): string[] {
    return [String(count), `${((100 * count) / this.#samples.length).toFixed(1)}%`];
  }
}

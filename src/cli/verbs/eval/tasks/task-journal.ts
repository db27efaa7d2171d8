/**
 * The answers of a run of tasks so far, beside the file of -o until the results stand there. The same command
 * goes on where a run was stopped. A shard's answers are its product.
 */
import { statSync } from "node:fs";
import type { Recorded } from "../../../../evaluate/harness/answered.ts";
import type { Prepared } from "../../../../evaluate/harness/run-task.ts";
import { hashedFiles } from "../../../../evaluate/manifest.ts";
import { descriptorOf } from "../../../../files/descriptor.ts";
import { sha256 } from "../../../../files/sha256.ts";
import { findModel } from "../../../../hub/find-model.ts";
import { blockOf } from "../../../../shards/shard.ts";
import { engineOptions } from "../../../flags/model-flags.ts";
import { runName } from "../../../flags/shard-flags.ts";
import { Journal, journalOf } from "../../../journal.ts";
import { PartRecord } from "../../../part-record.ts";
import type { EvalArguments } from "../flags.ts";

/** The answers to questions of a task, by the number of the question. */
export interface TaskAnswers {
  readonly known: ReadonlyMap<number, Recorded>;
  readonly onAnswer: (question: number, answer: Recorded) => Promise<void>;
}

interface Line {
  readonly model: number;
  readonly task: string;
  readonly question: number;
  readonly answer: Recorded;
}

const isLine = (value: object): value is Line => "answer" in value;

export class TaskJournal implements AsyncDisposable {
  readonly #journal: Journal<Line> | undefined;
  /** Of a shard. */
  readonly #part: PartRecord | undefined;

  private constructor(journal: Journal<Line> | undefined, part?: PartRecord) {
    this.#journal = journal;
    this.#part = part;
  }

  /** Without a file of -o nothing is kept. @throws GptError as `Journal.open` */
  static async open(args: EvalArguments, prepared: readonly Prepared[]): Promise<TaskJournal> {
    const { output, shard } = args;
    if (output === undefined || !isFile(output)) return new TaskJournal(undefined);
    const about = await aboutRun(args, prepared);
    const read = (value: object) => (isLine(value) ? value : undefined);
    if (shard === undefined) return new TaskJournal(await Journal.open(journalOf(output), about, read));
    const total = prepared.reduce((sum, { questions }) => sum + questions.length, 0);
    const run = runName("eval", {}, sha256(JSON.stringify(about)));
    const part = new PartRecord(output, { kind: "answers", shard, block: blockOf(shard, total), run });
    const journal = await Journal.open(output, about, read);
    await part.begin(journal.known.length > 0);
    return new TaskJournal(journal, part);
  }

  /** @param model its number */
  answersOf(model: number, task: string): TaskAnswers {
    const own = this.#journal?.known.filter((line) => line.model === model && line.task === task) ?? [];
    return {
      known: new Map(own.map(({ question, answer }) => [question, answer])),
      onAnswer: async (question, answer) => await this.#journal?.add({ model, task, question, answer }),
    };
  }

  /** All answers are there, and the results are written. */
  async end(): Promise<void> {
    if (this.#part === undefined) return await this.#journal?.remove();
    await this.#journal?.flush();
    await this.#part.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#journal?.[Symbol.asyncDispose]();
  }
}

/** Whether the path is no stream and no device. */
const isFile = (path: string): boolean =>
  path !== "-" &&
  descriptorOf(path) === undefined &&
  (statSync(path, { throwIfNoEntry: false })?.isFile() ?? true);

const chatOf = ({ applyChatTemplate, fewshotAsMultiturn, systemInstruction }: EvalArguments) => [
  applyChatTemplate,
  fewshotAsMultiturn,
  systemInstruction,
];

/** What the answers depend on: models, questions and settings. Threads change rounding at most. */
async function aboutRun(args: EvalArguments, prepared: readonly Prepared[]): Promise<object> {
  const { contextSize, quantization, kvCache } = engineOptions(args);
  const models = (args.model ?? [undefined]).map((name) => findModel(name));
  return {
    tasks: prepared.map(({ task, questions }) => ({
      name: task.name,
      questions: sha256(
        JSON.stringify(questions.map(({ contexts, continuations }) => [contexts, continuations])),
      ),
    })),
    models: await Promise.all(models.map(hashedFiles)),
    settings: { chat: chatOf(args), contextSize, quantization, kvCache, maxTokens: args.maxTokens },
  };
}

/**
 * The answers of a verb that reads many texts, beside the file that it writes until that is complete. The
 * same command goes on where a run was stopped.
 */
import { hashedFiles } from "../evaluate/manifest.ts";
import { sha256 } from "../files/sha256.ts";
import { runName } from "./flags/shard-flags.ts";
import { Journal, journalOf } from "./journal.ts";

interface Kept<T> {
  /** Of the input. */
  readonly hash: string;
  readonly answer: T;
}

const isKept = <T>(value: object): value is Kept<T> => "hash" in value && "answer" in value;

/** What the answers depend on beside the inputs. */
interface Run {
  readonly verb: string;
  readonly flags: object;
  /** The path of the model. Its files count: a model that has changed gives other answers. */
  readonly model: string;
}

/** The answers by the hashes of their inputs. */
interface Opened<T> {
  readonly journal: Journal<Kept<T>>;
  readonly known: ReadonlyMap<string, T>;
}

/** @typeParam T an answer as JSON has it */
export class AnswerJournal<T extends object> implements AsyncDisposable {
  readonly #output: string | undefined;
  readonly #run: Run;
  #opened: Opened<T> | undefined;

  /** @param output a file; without one nothing is kept */
  constructor(output: string | undefined, run: Run) {
    this.#output = output;
    this.#run = run;
  }

  /**
   * The answers to inputs, those of an earlier run among them. The first call opens the file.
   *
   * @param answer gives the answers to inputs that have none yet
   * @throws GptError as `Journal.open`
   */
  async answers<I>(
    inputs: readonly I[],
    answer: (inputs: readonly I[]) => Promise<readonly T[]>,
  ): Promise<readonly T[]> {
    if (this.#output === undefined) return await answer(inputs);
    this.#opened ??= await open<T>(journalOf(this.#output), this.#run);
    const { journal, known } = this.#opened;
    const hashed = inputs.map((input) => ({ input, hash: sha256(JSON.stringify(input)) }));
    const missing = hashed.filter(({ hash }) => !known.has(hash));
    const found = missing.length === 0 ? [] : await answer(missing.map(({ input }) => input));
    for (const [i, { hash }] of missing.entries()) await journal.add({ hash, answer: found[i] });
    let next = 0;
    return hashed.map(({ hash }) => known.get(hash) ?? (found[next++] as T));
  }

  /** The answers stand in the file. */
  async end(): Promise<void> {
    await this.#opened?.journal.remove();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened?.journal[Symbol.asyncDispose]();
  }
}

async function open<T>(path: string, { verb, flags, model }: Run): Promise<Opened<T>> {
  const run = runName(verb, flags, sha256(JSON.stringify(await hashedFiles(model))));
  const journal = await Journal.open(path, { run }, (value) => (isKept<T>(value) ? value : undefined));
  return { journal, known: new Map(journal.known.map(({ hash, answer }) => [hash, answer])) };
}

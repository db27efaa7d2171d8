/**
 * One of N replicas that train a model together (DiLoCo, Douillard et al. 2023): each takes H steps of AdamW
 * on its own examples, then all go on from the mean of their changes. They meet in a folder only. Any of them
 * takes the outer step, and all that do so write the same bytes. A replica that is late or has ended is left
 * out, and joins from the last outer state when it comes back.
 *
 * A run that is killed goes on where it was saved: right before an exchange, or between two of them.
 */
import { setTimeout } from "node:timers/promises";
import { writeSafetensors } from "../../checkpoint/safetensors-writer.ts";
import { GptError } from "../../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../files/json.ts";
import type { Trainer } from "../trainer.ts";
import { writeChange } from "./change.ts";
import { factsOf, metadataOf } from "./outer-facts.ts";
import { type Contents, changeName, listName, OuterFolder, outerName } from "./outer-folder.ts";
import { writeOuterStep } from "./outer-step.ts";
import type { ReplicaSettings } from "./settings.ts";
import { changesOf, publishList, readList, type StepList } from "./step-list.ts";

export interface ReplicaObserver {
  /** The changes of some replicas are not there yet. */
  waits(outer: number, present: number, expected: number): void;
  /** @param replicas of which the changes count, from 1 */
  exchanged(outer: number, replicas: readonly number[], isIncluded: boolean): void;
  /** The replica goes on from a state of the others. */
  joined(outer: number, steps: number): void;
}

export interface ReplicaParts {
  readonly settings: ReplicaSettings;
  readonly trainer: Pick<Trainer, "lend" | "data">;
  /** Updates of the trainer in a step of the run. */
  readonly updates: number;
  /** Steps of the run. */
  readonly steps: number;
  /** Settings that all replicas have alike, by their flags. */
  readonly common: JsonObject;
  readonly observer: ReplicaObserver;
  /** Milliseconds that another replica has for an outer step that it has begun. */
  readonly patience?: number;
  /** Milliseconds between two looks at the folder, and more for each replica: many do not crowd it. */
  readonly pollMs?: number;
}

const PATIENCE = 10_000;
const POLL_MS = 50;
const POLL_MS_EACH = 5;
/** How often an outer state may be pruned while it is read. */
const ATTEMPTS = 5;

export class Replica implements Disposable {
  readonly #parts: ReplicaParts;
  readonly #folder: OuterFolder;
  readonly #number: number;
  /** Outer steps so far, and steps of the run at the last of them. */
  #outer = 0;
  #begin = 0;

  private constructor(parts: ReplicaParts, folder: OuterFolder) {
    this.#parts = parts;
    this.#folder = folder;
    this.#number = parts.settings.place.index + 1;
  }

  /** @throws GptError as `OuterFolder.open` */
  static async open(parts: ReplicaParts): Promise<Replica> {
    return new Replica(parts, await OuterFolder.open(parts.settings.folder, parts.settings.place));
  }

  /** State that a saved run keeps. */
  toJson(): JsonObject {
    return { outer: this.#outer, outerBegin: this.#begin };
  }

  /** Whether an exchange follows after this number of steps of the run. */
  isDue(step: number): boolean {
    const { settings, steps } = this.#parts;
    return step > this.#begin && (step >= this.#begin + settings.innerSteps || step >= steps);
  }

  /**
   * Begins, or goes on, before the first step of this process.
   *
   * @param step of the run so far
   * @throws GptError `usage` for a folder of another run, and as `exchange`
   */
  async join(step: number): Promise<void> {
    const saved = savedIn(this.#parts.trainer.data);
    if (saved) [this.#outer, this.#begin] = [saved.outer, saved.begin];
    const { last = 0 } = await this.#first(saved !== undefined);
    if (saved && last < saved.outer) {
      const problem = `is at outer step ${last}, and this run at ${saved.outer}`;
      throw new GptError(
        "usage",
        `${this.#folder.path}: ${problem}: --outer-dir is of another run, or was put back`,
      );
    }
    await this.#refuseOthers(last);
    const isBehind =
      saved === undefined || last > saved.outer + 1 || (last > saved.outer && !this.isDue(step));
    if (isBehind || step === this.#begin) {
      await this.#adopt();
      if (isBehind && this.#begin > step) this.#parts.observer.joined(this.#outer, this.#begin);
    } else await this.#folder.begin(this.#outer, this.#number);
  }

  /**
   * Sends the change, waits for the others, and goes on from their mean. Everything may be repeated after a
   * fault at any point: the outer step is then the same.
   *
   * @param step of the run
   * @throws GptError as `writeError`; the signal's reason when it is aborted
   */
  async exchange(step: number, signal: AbortSignal): Promise<void> {
    const outer = this.#outer;
    const { settings, trainer, observer } = this.#parts;
    const start = this.#folder.place(outerName(outer));
    const contents = await this.#folder.contents();
    if ((contents.last ?? 0) <= outer) {
      await this.#folder.publish(changeName(outer, this.#number), (path) =>
        trainer.lend((tensors) => writeChange(path, settings.change, start, tensors.list())),
      );
      await this.#meet(step, signal);
    }
    const list = await readList(this.#folder, outer).catch(() => undefined);
    await this.#adopt();
    if (list) observer.exchanged(this.#outer, list.replicas, list.replicas.includes(this.#number));
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }

  /** Resolves when the next outer state is there. */
  async #meet(step: number, signal: AbortSignal): Promise<void> {
    const { settings, observer, patience = PATIENCE, pollMs = POLL_MS } = this.#parts;
    const outer = this.#outer;
    const start = performance.now();
    let listed: number | undefined;
    for (;;) {
      signal.throwIfAborted();
      const contents = await this.#folder.contents();
      if ((contents.last ?? 0) > outer) return;
      const now = performance.now();
      if (contents.has(listName(outer))) {
        listed ??= now;
        const list = await readList(this.#folder, outer);
        const before = list.replicas.filter((replica) => replica < this.#number).length;
        if (now - listed >= patience * (1 + before)) await this.#takeStep(list);
      } else {
        const present = contents.replicas("change", outer);
        const missing = await this.#missing(contents, present);
        const isLate = now - start >= 1000 * settings.waitSeconds;
        if (missing === 0 || isLate) {
          const isOwn = await publishList(this.#folder, outer, step, present);
          if (isOwn) await this.#takeStep(await readList(this.#folder, outer));
          continue;
        }
        observer.waits(outer + 1, present.length, present.length + missing);
      }
      await setTimeout(pollMs + POLL_MS_EACH * settings.place.count, undefined, { signal }).catch(() => {});
    }
  }

  /**
   * Number of replicas whose change is expected: of all at first, then of those that took part in the last
   * outer step and of those that have joined since.
   */
  async #missing(contents: Contents, present: readonly number[]): Promise<number> {
    const { count } = this.#parts.settings.place;
    const outer = this.#outer;
    const all = () => Array.from({ length: count }, (_, i) => i + 1);
    const before = async () => {
      if (!contents.has(listName(outer - 1))) return [];
      return (await readList(this.#folder, outer - 1)).replicas;
    };
    const expected = new Set([
      ...(outer === 0 ? all() : await before()),
      ...contents.replicas("begun", outer),
    ]);
    for (const replica of present) expected.delete(replica);
    return expected.size;
  }

  async #takeStep(list: StepList): Promise<void> {
    const outer = this.#outer;
    const { settings, common } = this.#parts;
    const [from, next] = [this.#folder.place(outerName(outer)), outerName(outer + 1)];
    try {
      const isFirst = await this.#folder.publish(next, async (path) => {
        const changes = await changesOf(this.#folder, outer, list);
        const metadata = metadataOf({ steps: list.steps, common });
        await writeOuterStep(path, from, changes, settings, metadata);
      });
      if (isFirst) await this.#folder.prune();
    } catch (error) {
      // Another replica has taken the step meanwhile, and its files are pruned.
      const { last = 0 } = await this.#folder.contents();
      if (last <= outer || !isGone(error)) throw error;
    }
  }

  /** Writes the first outer state, if there is none. */
  async #first(isResumed: boolean): Promise<Contents> {
    const contents = await this.#folder.contents();
    if (contents.last !== undefined || isResumed) return contents;
    const { common, trainer } = this.#parts;
    const metadata = metadataOf({ steps: 0, common });
    await this.#folder.publish(outerName(0), (path) =>
      trainer.lend((tensors) => writeSafetensors(path, metadata, tensors.list())),
    );
    return await this.#folder.contents();
  }

  /** Goes on from the last outer state. */
  async #adopt(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const { last = 0 } = await this.#folder.contents();
      const path = this.#folder.place(outerName(last));
      try {
        const { steps } = await factsOf(path);
        const { trainer, updates } = this.#parts;
        await trainer.lend((tensors) => tensors.take(path, steps * updates));
        [this.#outer, this.#begin] = [last, steps];
        break;
      } catch (error) {
        if (!isGone(error) || attempt === ATTEMPTS) throw error;
      }
    }
    await this.#folder.begin(this.#outer, this.#number);
  }

  async #refuseOthers(last: number): Promise<void> {
    const { common } = await factsOf(this.#folder.place(outerName(last)));
    const own = this.#parts.common;
    const name = Object.keys(own).find((name) => common[name] !== own[name]);
    if (name === undefined) return;
    const problem = `its replicas have ${name} ${String(common[name])}, this one has ${String(own[name])}`;
    throw new GptError("usage", `${this.#folder.path}: ${problem}: give all of them the same`);
  }
}

/** Counts of outer steps in the data of a saved run. */
function savedIn(data: JsonValue): { readonly outer: number; readonly begin: number } | undefined {
  const { outer, outerBegin: begin } = isJsonObject(data) ? data : {};
  return typeof outer === "number" && typeof begin === "number" ? { outer, begin } : undefined;
}

const isGone = (error: unknown): boolean => error instanceof GptError && error.code === "not-found";

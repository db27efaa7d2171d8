/** Replicas of a model of some numbers, which live until their last step: what ends them starts them again. */
import { setImmediate } from "node:timers/promises";
import { TensorReader } from "../../../src/checkpoint/reader.ts";
import { readSafetensors } from "../../../src/checkpoint/safetensors.ts";
import type { TensorToWrite } from "../../../src/checkpoint/tensor-to-write.ts";
import type { JsonObject } from "../../../src/files/json.ts";
import { readChange } from "../../../src/train/replicas/change.ts";
import { Replica, type ReplicaParts } from "../../../src/train/replicas/replica.ts";
import type { TrainedTensors } from "../../../src/train/replicas/trained-tensors.ts";
import { quiet } from "../run/quiet-observer.ts";

const SIZES = { matrix: [5, 7], vector: [3] } as const;
type Name = keyof typeof SIZES;
const NAMES = Object.keys(SIZES) as Name[];

interface State {
  readonly step: number;
  readonly values: ReadonlyMap<Name, Float32Array>;
  readonly data: JsonObject | null;
}

const countOf = (name: Name): number => SIZES[name].reduce<number>((a, b) => a * b, 1);
const first = (): State => ({
  ...{ step: 0, data: null },
  values: new Map(NAMES.map((name) => [name, new Float32Array(countOf(name)).fill(1)])),
});

export interface LightMember {
  readonly folder: string;
  /** From 1. */
  readonly number: number;
  readonly of: number;
  readonly patience?: number;
  readonly waitSeconds?: number;
}

const STEPS = 6;
const INNER = 2;

/** The model in training. A step moves each number by an amount that only replica and step decide. */
class LightTrainer {
  step: number;
  readonly data: JsonObject | null;
  readonly #values: Map<Name, Float32Array>;
  readonly #number: number;

  constructor({ step, values, data }: State, number: number) {
    this.step = step;
    this.data = data;
    this.#values = new Map([...values].map(([name, own]) => [name, own.slice()]));
    this.#number = number;
  }

  state(data: JsonObject): State {
    return { step: this.step, data, values: new LightTrainer({ ...this.#state, data }, 0).#values };
  }

  get #state() {
    return { step: this.step, values: this.#values };
  }

  train(): void {
    const { step } = this;
    for (const values of this.#values.values()) {
      for (const [i, value] of values.entries())
        values[i] = value * 0.9 + Math.sin(step * 7 + i + this.#number);
    }
    this.step++;
  }

  async lend<T>(work: (tensors: TrainedTensors) => Promise<T>): Promise<T> {
    const list = (): TensorToWrite[] =>
      NAMES.map((name) => ({
        ...{ name, dtype: "F32", shape: SIZES[name] },
        send: (write) => write(new Uint8Array(this.#values.get(name)?.slice().buffer ?? new ArrayBuffer())),
      }));
    const take = async (path: string, step: number) => {
      const tensors = await readSafetensors(path);
      await using reader = new TensorReader();
      for (const [name, values] of this.#values) {
        const tensor = tensors.get(name);
        if (tensor) await readChange(reader, tensor, 0, values);
      }
      this.step = step;
    };
    return await work({ list, take } as unknown as TrainedTensors);
  }
}

/** @returns the errors that ended it on the way */
export async function live({
  folder,
  number,
  of,
  patience,
  waitSeconds = 60,
}: LightMember): Promise<string[]> {
  const errors: string[] = [];
  let saved = first();
  for (;;) {
    const trainer = new LightTrainer(saved, number);
    const settings = { innerSteps: INNER, rate: 0.7, momentum: 0.9, change: "f32" } as const;
    const parts: ReplicaParts = {
      ...{ trainer: trainer as unknown as ReplicaParts["trainer"], updates: 1, steps: STEPS },
      ...{ common: { "--seed": 1 }, observer: quiet, patience: patience ?? 5000, pollMs: 0 },
      settings: { ...settings, place: { index: number - 1, count: of }, folder, waitSeconds },
    };
    try {
      using replica = await Replica.open(parts);
      await replica.join(trainer.step);
      const exchange = async () => {
        if (!replica.isDue(trainer.step)) return;
        saved = trainer.state(replica.toJson());
        await replica.exchange(trainer.step, new AbortController().signal);
      };
      await exchange();
      while (trainer.step < STEPS) {
        trainer.train();
        await exchange();
      }
      return errors;
    } catch (error) {
      errors.push((error as Error).message);
      await setImmediate();
    }
  }
}

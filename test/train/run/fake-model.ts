/**
 * A model in training that has one weight: every batch pulls it towards its first id, a little less each
 * time.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../../../src/files/json.ts";
import type { Example, ModelInTraining } from "../../../src/train/run/model-in-training.ts";
import { idsOf } from "./ids-of.ts";

export class FakeModel implements ModelInTraining {
  steps = 0;
  weight = 10;
  /** What goes wrong, by the step before which it does. */
  readonly accidents = new Map<number, () => void>();
  readonly rates: (number | undefined)[] = [];

  /** A run that goes on. */
  static load(directory: string): FakeModel {
    const model = new FakeModel();
    const stored = JSON.parse(readFileSync(join(directory, "model.safetensors"), "utf8"));
    model.steps = stored.steps;
    model.weight = stored.weight;
    return model;
  }

  async step(batch: readonly Example[], { lr, signal }: { lr: number | undefined; signal: AbortSignal }) {
    this.accidents.get(this.steps)?.();
    signal.throwIfAborted();
    this.rates.push(lr);
    const [target = 0] = batch[0] ? idsOf(batch[0]) : [];
    const loss = (this.weight - target) ** 2;
    this.weight += (target - this.weight) / (2 + this.steps);
    this.steps++;
    return { loss, gradNorm: Math.abs(this.weight - target), lr: lr ?? 0.5 };
  }

  async evaluate(batch: readonly Example[], { signal }: { signal: AbortSignal }) {
    signal.throwIfAborted();
    const [target = 0] = batch[0] ? idsOf(batch[0]) : [];
    return { loss: (this.weight - target) ** 2, targets: batch.length };
  }

  async save(directory: string, data: JsonObject): Promise<void> {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "config.json"), "{}");
    writeFileSync(join(directory, `optimizer-${this.steps}.safetensors`), JSON.stringify(data));
    const { steps, weight } = this;
    writeFileSync(join(directory, "model.safetensors"), JSON.stringify({ steps, weight }));
  }
}

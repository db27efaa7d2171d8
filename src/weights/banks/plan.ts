/**
 * Decides, before anything is allocated, which bank holds which layers of a model (compute/banks.ts).
 *
 * A model that fits in the free part of a bank has one bank. Otherwise consecutive layers are spread evenly
 * over as few banks as hold them. The first bank also holds what comes before and after the layers. The head
 * is computed there: a head that is tied to the embedding needs no second copy, and what a pass returns lies
 * in the first bank. Tables that are larger than its room, of vocabularies of 256,000 tokens, are split by
 * rows.
 */
import { CAPACITY } from "../../compute/memory/memory.ts";
import { allocatedIn } from "../../compute/memory/process-memory.ts";
import { GptError } from "../../errors.ts";
import {
  expectRoom,
  machineLeft,
  megabytes,
  positionTableBytes,
  type SessionPlan,
  sessionCacheBytes,
  WORKING_BYTES,
  weightBytes,
} from "../memory-plan.ts";
import type { WeightsPlan } from "../plan.ts";
import type { ResolvedWeight } from "../resolve.ts";
import { type LayerGroup, layerGroups } from "./layer-groups.ts";
import type { BankPlan, PlannedBank } from "./layout.ts";
import { isSplittable, spread } from "./split-table.ts";

/**
 * The share of a bank's room that a plan fills. The rest is for activations and the caches of further
 * sessions.
 */
const FILLED = 0.75;
/** A machine has no memory for more. */
const MOST_BANKS = 256;

type Weights = Pick<WeightsPlan, "weights" | "dtypeOf" | "adapters">;

/** Bytes that a bank has for weights and the caches of a session. */
const roomOf = (bank: number): number => CAPACITY - allocatedIn(bank) - WORKING_BYTES;

/**
 * The banks that a model takes on this machine.
 *
 * @param room bytes that a bank has for weights and the caches of a session
 * @throws GptError `resource` for a model that is larger than the memory of the machine, or that cannot be
 *   divided
 */
export function planBanks(sessions: SessionPlan, plan: Weights, room = roomOf): BankPlan {
  expectRoom(sessions, plan, machineLeft());
  return divideIntoBanks(sessions, plan, room);
}

/** As `planBanks`, for a machine of any size. */
export const divideIntoBanks = (sessions: SessionPlan, plan: Weights, room = roomOf): BankPlan =>
  new BankPlanner(sessions, plan, room).plan();

class BankPlanner {
  readonly #sessions: SessionPlan;
  readonly #weights: Weights;
  readonly #room: (bank: number) => number;
  /** Position tables, of which every bank has its own. */
  readonly #everywhere: number;

  constructor(sessions: SessionPlan, weights: Weights, room: (bank: number) => number) {
    this.#sessions = sessions;
    this.#weights = weights;
    this.#room = room;
    this.#everywhere = positionTableBytes(sessions.config, sessions.contextSize);
  }

  plan(): BankPlan {
    const { config } = this.#sessions;
    const weightBytes = this.#bytes(this.#weights.weights);
    const cacheBytes = sessionCacheBytes(this.#sessions);
    const needed = weightBytes + cacheBytes + this.#everywhere;
    for (let number = 0; number < MOST_BANKS; number++) {
      if (needed > this.#room(number)) continue;
      const layers = config.layers.length;
      const bank = { number, firstLayer: 0, layers, weightBytes, cacheBytes };
      return { banks: [bank], bankOf: new Map(), split: new Map() };
    }
    return this.#spread();
  }

  #bytes(weights: readonly ResolvedWeight[]): number {
    return weightBytes(weights, this.#weights.dtypeOf);
  }

  /** Over as few banks as hold the model, of those that other models leave at least half of. */
  #spread(): BankPlan {
    if (this.#sessions.config.encoder !== undefined) {
      throw new GptError(
        "resource",
        "an encoder with a decoder must fit in one memory of 4 GiB: quantize it",
      );
    }
    const empty = this.#room(Number.POSITIVE_INFINITY);
    const numbers = Array.from({ length: MOST_BANKS }, (_, number) => number);
    const free = numbers.filter((number) => this.#room(number) >= empty / 2);
    const groups = layerGroups(this.#sessions, this.#weights);
    for (let count = 2; count <= free.length; count++) {
      const plan = this.#over(free.slice(0, count), groups);
      if (plan !== undefined) return plan;
    }
    const { first, count, bytes } = groups.reduce((most, group) => (group.bytes > most.bytes ? group : most));
    const largest =
      count === 1 ? `layer ${first} needs` : `layers ${first} to ${first + count - 1} share keys and need`;
    const room = `memories with room for ${megabytes(empty * FILLED)} each`;
    throw new GptError(
      "resource",
      `the model cannot be spread over ${room}, ${largest} ${megabytes(bytes)}: quantize the model`,
    );
  }

  /** Undefined if these banks do not hold the model. */
  #over(numbers: readonly number[], groups: readonly LayerGroup[]): BankPlan | undefined {
    const limits = numbers.map((number) => this.#room(number) * FILLED);
    const used = numbers.map(() => this.#everywhere);
    const outside = this.#weights.weights.filter(({ spec }) => spec.layer === undefined);
    const changed = new Set(
      this.#weights.adapters.flatMap(({ modules }) => modules.map(({ module }) => module.weight)),
    );
    const tables = outside.filter((weight) => isSplittable(weight) && !changed.has(weight.spec.name));
    used[0] = (used[0] as number) + this.#bytes(outside.filter((weight) => !tables.includes(weight)));
    const split = spread(tables, this.#weights.dtypeOf, used, limits);
    if (split === undefined) return undefined;
    const tableBytes = used.map((bytes) => bytes - this.#everywhere);
    const counts = divide(groups, used, limits);
    if (counts === undefined) return undefined;
    let first = 0;
    const banks = numbers.map((number, i): PlannedBank => {
      const own = groups.slice(first, first + (counts[i] as number));
      first += own.length;
      const sum = (of: (group: LayerGroup) => number) => own.reduce((sum, group) => sum + of(group), 0);
      return {
        number,
        firstLayer: own[0]?.first ?? 0,
        layers: sum(({ count }) => count),
        weightBytes: (tableBytes[i] as number) + sum(({ bytes, cacheBytes }) => bytes - cacheBytes),
        cacheBytes: sum(({ cacheBytes }) => cacheBytes),
      };
    });
    return { banks, bankOf: this.#bankOf(banks), split };
  }

  #bankOf(banks: readonly PlannedBank[]): Map<string, number> {
    const bankOf = new Map<string, number>();
    for (const { spec } of this.#weights.weights) {
      const { name, layer } = spec;
      if (layer === undefined) continue;
      bankOf.set(
        name,
        banks.findIndex(({ firstLayer, layers }) => layer >= firstLayer && layer < firstLayer + layers),
      );
    }
    return bankOf;
  }
}

/**
 * Divides groups of layers in their order, so that all banks are filled about equally.
 *
 * @param used bytes in each bank before
 * @returns the number of groups in each bank, or undefined if one of them is beyond its limit
 */
function divide(
  groups: readonly LayerGroup[],
  used: readonly number[],
  limits: readonly number[],
): number[] | undefined {
  let left = groups.reduce((sum, { bytes }) => sum + bytes, 0);
  let next = 0;
  const counts: number[] = [];
  for (const [bank, before] of used.entries()) {
    const others = used.slice(bank).reduce((sum, bytes) => sum + bytes, left);
    const target = others / (used.length - bank);
    const isLast = bank === used.length - 1;
    const begin = next;
    let filled = before;
    for (; next < groups.length; next++) {
      const { bytes } = groups[next] as LayerGroup;
      if (filled + bytes > (limits[bank] as number)) break;
      if (!isLast && filled + bytes / 2 > target) break;
      filled += bytes;
      left -= bytes;
    }
    counts.push(next - begin);
  }
  return next === groups.length ? counts : undefined;
}

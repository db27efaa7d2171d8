/** The sources of rewards, and mixtures of them: `0.5*length:40` is half of what the length gives. */
import { GptError } from "../../errors.ts";
import { quote } from "../../files/quote.ts";
import { command } from "./command.ts";
import type { Answer, Points, Reward, RewardContext, RewardSource } from "./reward.ts";
import { rewardModel } from "./reward-model.ts";
import { contains, equals, json, length, regex, words } from "./rules.ts";

const REWARDS: Readonly<Record<string, RewardSource>> = {
  model: rewardModel,
  command,
  length,
  regex,
  contains,
  words,
  json,
  equals,
};

interface RewardSpec {
  readonly weight: number;
  readonly name: string;
  readonly argument: string;
}

/** @param spec `[WEIGHT*]NAME[:ARGUMENT]` @throws GptError `usage` for another text, and an unknown name */
export function parseReward(spec: string): RewardSpec {
  const [, weight, name = "", argument] = /^(?:([-+.\de]+)\*)?([a-z]+)(?::(.*))?$/s.exec(spec) ?? [];
  const source = Object.hasOwn(REWARDS, name) ? REWARDS[name] : undefined;
  const names = Object.keys(REWARDS).join(", ");
  if (source === undefined || !Number.isFinite(Number(weight ?? 1))) {
    const found = `expected NAME:ARGUMENT, or WEIGHT*NAME:ARGUMENT, of ${names}; found ${quote(spec)}`;
    throw new GptError("usage", `reward: ${found}`);
  }
  if (source.argument === undefined && argument !== undefined) {
    throw new GptError("usage", `reward: ${name} takes no argument, found ${quote(argument)}`);
  }
  return { weight: Number(weight ?? 1), name, argument: argument ?? "" };
}

export interface Score {
  /** The weighted sum. What a source has nothing to say of is left out. */
  readonly total: number;
  /** What each source gives, without its weight, in their order. */
  readonly parts: readonly Points[];
}

export class Rewards implements AsyncDisposable {
  /** Names of the sources, different from each other. */
  readonly names: readonly string[];
  readonly #sources: readonly (RewardSpec & { readonly reward: Reward })[];

  private constructor(sources: readonly (RewardSpec & { readonly reward: Reward })[]) {
    this.#sources = sources;
    const count = (name: string) => sources.filter((source) => source.name === name).length;
    this.names = sources.map(({ name }, i) => (count(name) > 1 ? `${name}_${i + 1}` : name));
  }

  /** @throws GptError as the sources' `open`; `usage` without a source */
  static async open(specs: readonly string[], context: RewardContext): Promise<Rewards> {
    const parsed = specs.map(parseReward);
    if (parsed.length === 0)
      throw new GptError("usage", "no reward is named: --reward or --reward-command does");
    const opened: (RewardSpec & { readonly reward: Reward })[] = [];
    try {
      for (const spec of parsed) {
        const source = REWARDS[spec.name] as RewardSource;
        opened.push({ ...spec, reward: await source.open(spec.argument, context) });
      }
      return new Rewards(opened);
    } catch (error) {
      await Promise.all(opened.map(({ reward }) => reward.close()));
      throw error;
    }
  }

  /** @throws GptError as the sources; `invalid-file` for an answer that no source gives a number */
  async score(answers: readonly Answer[], signal?: AbortSignal): Promise<readonly Score[]> {
    const columns: (readonly Points[])[] = [];
    for (const { reward } of this.#sources) columns.push(await reward.score(answers, signal));
    return answers.map(({ completion }, row) => {
      const parts = columns.map((column) => column[row]);
      if (parts.every((part) => part === undefined)) {
        const problem = `no source of rewards has a number for the answer ${quote(completion)}`;
        throw new GptError("invalid-file", problem);
      }
      const total = this.#sources.reduce((sum, { weight }, i) => sum + weight * (parts[i] ?? 0), 0);
      return { total, parts };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#sources.map(({ reward }) => reward.close()));
  }
}

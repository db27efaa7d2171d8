/**
 * A policy in training, as a run sees it. A step of the run answers prompts, gives the answers points, and
 * makes all updates that read them. A run is saved between such steps only, so that one that is resumed
 * samples the same.
 */
import { GptError } from "../../errors.ts";
import type { JsonObject } from "../../files/json.ts";
import type { Tokenizer } from "../../tokenizer/index.ts";
import type { Evaluation } from "../evaluation.ts";
import type { Rewards } from "../rewards/table.ts";
import type { Example, ModelInTraining, PromptExample } from "../run/model-in-training.ts";
import { Means } from "../step/metrics.ts";
import type { Trainer } from "../trainer.ts";
import { figuresOf } from "./figures.ts";
import type { GivenRollouts } from "./given-rollouts.ts";
import { adaptedPrice, type KlTarget } from "./kl-control.ts";
import type { PolicyMethod } from "./methods.ts";
import { type Response, respond } from "./respond.ts";
import type { Rollout } from "./rollout.ts";

export interface PolicySettings {
  /** The longest response in tokens. */
  readonly responseTokens: number;
  /** Taken from the reward of a response that does not end by itself. Default 0. */
  readonly missingEosPenalty: number;
  /** Leads the price of the KL; without it the price is fixed. */
  readonly klTarget: KlTarget | undefined;
  /** The run ends with an error where the KL of a step is higher. */
  readonly klCeiling: number | undefined;
  /** Whether evaluations measure the KL although the method does not need it. */
  readonly measuresKl: boolean;
  readonly seed: number;
}

interface PolicyParts {
  readonly trainer: Trainer;
  readonly tokenizer: Tokenizer;
  readonly rewards: Rewards;
  readonly method: PolicyMethod;
  readonly settings: PolicySettings;
  /** Answers from a file: the model of the moment writes those of evaluations alone. */
  readonly given: GivenAnswers | undefined;
}

interface GivenAnswers {
  readonly answers: GivenRollouts;
  /** Prompts of an epoch and of a step. */
  readonly prompts: number;
  readonly batch: number;
}

/** Number of the step that the responses of evaluations have: the same in each, and in no step. */
const EVALUATION = 0xffffffff;

export class Policy implements ModelInTraining, AsyncDisposable {
  readonly #parts: PolicyParts;
  #klCoef: number;

  constructor(parts: PolicyParts) {
    this.#parts = parts;
    const { trainer, method } = parts;
    const saved = (trainer.data as JsonObject | null)?.klCoef;
    this.#klCoef = typeof saved === "number" ? saved : method.klCoef;
  }

  /** Number of steps of the run. */
  get steps(): number {
    return this.#parts.trainer.steps / this.#parts.method.updates;
  }

  /** @param options a signal ends the step before its first update, not after it */
  async step(batch: readonly Example[], { lr, signal }: Parameters<ModelInTraining["step"]>[1]) {
    const { trainer, method, rewards, settings } = this.#parts;
    const step = this.steps;
    const { count } = method;
    const { rollouts, rate } = await this.#rollouts(batch as readonly PromptExample[], {
      step,
      count,
      signal,
    });
    const figures = figuresOf(rollouts, rewards.names);
    this.#guard(figures.kl, step);
    const klCoef = this.#klCoef;
    const examples = method.examples(rollouts, klCoef);
    const means = new Means();
    let last = { loss: 0, gradNorm: 0, lr: 0 };
    for (let update = 0; update < method.updates; update++) {
      last = await trainer.step(examples, { lr, rows: method.rowsOf(update, step) });
      const { metrics = {} } = last as { readonly metrics?: Readonly<Record<string, number>> };
      for (const [name, value] of Object.entries(metrics)) means.add(name, value);
      means.add("loss", last.loss);
      means.add("gradNorm", last.gradNorm);
    }
    if (settings.klTarget && figures.kl !== undefined) {
      this.#klCoef = adaptedPrice(klCoef, figures.kl, rollouts.length, settings.klTarget);
    }
    const { loss = 0, gradNorm = 0, ...updates } = means.values;
    const own = method.metrics(updates, rollouts, klCoef);
    return {
      loss,
      gradNorm,
      lr: last.lr,
      metrics: { ...own, ...figures.metrics },
      ...(rate === undefined ? {} : { rolloutRate: rate }),
    };
  }

  /** One response to each prompt. The loss is the reward less the price of the KL, with its sign turned. */
  async evaluate(
    batch: readonly Example[],
    { signal }: { readonly signal: AbortSignal },
  ): Promise<Evaluation> {
    const { rewards } = this.#parts;
    const prompts = batch as readonly PromptExample[];
    const { rollouts } = await this.#rollouts(prompts, { step: EVALUATION, count: 1, signal });
    const { reward, kl, metrics } = figuresOf(rollouts, rewards.names);
    const loss = this.#parts.method.klCoef * (kl ?? 0) - reward;
    return { loss, targets: rollouts.length, metrics };
  }

  save(directory: string, data: JsonObject): Promise<void> {
    return this.#parts.trainer.save(directory, { ...data, klCoef: this.#klCoef });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.rewards[Symbol.asyncDispose]();
  }

  /** Rollouts with their rewards, and the tokens a second that the model wrote. */
  async #rollouts(
    prompts: readonly PromptExample[],
    { step, count, signal }: { readonly step: number; readonly count: number; readonly signal: AbortSignal },
  ): Promise<{ readonly rollouts: Rollout[]; readonly rate: number | undefined }> {
    const { trainer, tokenizer, rewards, method, settings, given } = this.#parts;
    const { seed, responseTokens: maxTokens, missingEosPenalty } = settings;
    const { temperature } = method;
    const { endOfTextIds } = tokenizer;
    const start = performance.now();
    const isGiven = given !== undefined && step !== EVALUATION;
    const written = isGiven
      ? prompts.map(({ prompt }, row) => {
          const epoch = Math.floor((step * given.batch + row) / given.prompts);
          return given.answers.take(prompt, { epoch, count, room: trainer.contextSize });
        })
      : await respond(() => trainer.createSession(), {
          prompts: prompts.map(({ prompt }) => prompt),
          settings: { temperature, maxTokens, count, endOfTextIds },
          ...{ seed, step, signal },
        });
    const seconds = (performance.now() - start) / 1000;
    const rate = isGiven ? undefined : written.flat().reduce((sum, { ids }) => sum + ids.length, 0) / seconds;
    const responses = prompts.flatMap(({ prompt, question, fields }, row) =>
      (written[row] ?? []).map((response) => ({
        ...response,
        prompt,
        row,
        question,
        fields,
        text: textOf(tokenizer, prompt, response),
      })),
    );
    const unscored = responses.filter(({ reward }) => reward === undefined);
    const answers = unscored.map(({ question, text, fields }) => ({
      prompt: question,
      completion: text,
      fields,
    }));
    const found = answers.length > 0 ? await rewards.score(answers, signal) : [];
    const scores = new Map(unscored.map((response, i) => [response, found[i]]));
    const needsRating = method.needsReference || settings.measuresKl;
    const unrated = responses.map(({ prompt, ids }) => ({ prompt, response: ids }));
    const ratings = needsRating ? await trainer.rate(unrated, { temperature, signal }) : [];
    const rollouts = responses.map((response, i) => {
      const score = scores.get(response) ?? { total: response.reward ?? 0, parts: [] };
      const reward = score.total - (response.isEnded ? 0 : missingEosPenalty);
      return { ...response, score, reward, rating: ratings[i] };
    });
    return { rollouts, rate };
  }

  #guard(kl: number | undefined, step: number): void {
    const { klCeiling } = this.#parts.settings;
    if (klCeiling === undefined || kl === undefined || kl <= klCeiling) return;
    const found = `in step ${step + 1} the KL from the reference is ${kl.toFixed(2)} nats a response`;
    const advice = "raise --kl-coef or --beta, lower --lr, or allow more";
    throw new GptError(
      "usage",
      `the policy has gone too far: ${found}, --kl-ceiling is ${klCeiling}: ${advice}`,
    );
  }
}

/** The text of a response, without the ids that end texts. */
function textOf(tokenizer: Tokenizer, prompt: readonly number[], { ids, isEnded }: Response): string {
  const decoder = tokenizer.stream(prompt);
  const own = isEnded ? ids.slice(0, -1) : ids;
  return own.map((id) => decoder.push(id)).join("") + decoder.flush();
}

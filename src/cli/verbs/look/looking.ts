/** What every view of `gpt look` works with: a model, a prompt, and how to show them. */
import type { Model } from "../../../engine/model.ts";
import { GptError } from "../../../errors.ts";
import { quote } from "../../../files/quote.ts";
import type { LanguageModel } from "../../../library/language-model.ts";
import type { ModelWithEngine } from "../../../library/load-model.ts";
import { topOf } from "../../../look/distribution.ts";
import type { Grid } from "../../../look/grid.ts";
import type { Output } from "../../terminal/output.ts";
import { quoted, visible } from "../../terminal/pieces.ts";
import type { Progress } from "../../terminal/progress.ts";
import type { Style } from "../../terminal/style.ts";
import type { LookArguments } from "./flags.ts";

export interface Looking {
  readonly engine: Model;
  readonly model: LanguageModel;
  /** The same model over an engine that decorates this one. */
  readonly over: ModelWithEngine["over"];
  readonly args: LookArguments;
  /** Ids of each prompt, at least one. */
  readonly prompts: readonly (readonly number[])[];
  readonly output: Output;
  readonly style: Style;
  /** Columns of the terminal. */
  readonly columns: number;
  readonly signal: AbortSignal;
  /** How far many runs are. */
  readonly progress: (all: number, label: string) => Progress;
}

/** The ids of the first prompt. */
export const idsOf = ({ prompts }: Pick<Looking, "prompts">): readonly number[] =>
  prompts[0] as readonly number[];

/** A token on one line, between quotes; its id where the model came without a tokenizer. */
export const tokenText = ({ model }: Pick<Looking, "model">, id: number): string =>
  model.hasTokenizer ? quoted(model.tokenizer.bytes(id)) : `#${id}`;

/** The same without quotes, to stand in a text. */
export const pieceOf = ({ model }: Pick<Looking, "model">, id: number): string =>
  model.hasTokenizer ? visible(model.tokenizer.bytes(id)) : `#${id} `;

/** The token that a flag names: a text of one token, or #ID. @throws GptError `usage` for other texts */
export function tokenNamed(
  { model }: Pick<Looking, "model">,
  flag: string,
  given: string | undefined,
): number | undefined {
  if (given === undefined) return undefined;
  const { vocabSize } = model.config;
  const [, number] = /^#(\d{1,9})$/.exec(given) ?? [];
  const ids = number === undefined ? model.tokenizer.encode(given) : [Number(number)];
  const [id] = ids;
  if (ids.length === 1 && id !== undefined && id < vocabSize) return id;
  const found = number === undefined ? `${quote(given)}, which is ${ids.length} tokens` : given;
  throw new GptError("usage", `--${flag}: one token is expected, or #0 to #${vocabSize - 1}, found ${found}`);
}

/** @throws GptError `usage` for a number that the model has not */
export function checkBelow(what: string, found: number, count: number): void {
  if (found < count) return;
  throw new GptError("usage", `${what} ${found}: there are 0 to ${count - 1}`);
}

/** A number of a few digits. */
export const short = (value: number): string => {
  if (Number.isNaN(value)) return "-";
  const text = value.toFixed(Math.abs(value) < 10 ? 3 : 1);
  return text.replace(/^-(0(\.0+)?)$/, "$1");
};

/** Grids as nested lists, and numbers that are none as null. */
export function asJson(value: unknown): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (value instanceof Float32Array || value instanceof Int32Array) return Array.from(value, asJson);
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value !== "object" || value === null) return value;
  if (isGrid(value)) return nested(value.shape, value.values);
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, asJson(field)]));
}

const isGrid = (value: object): value is Grid => "shape" in value && "values" in value;

function nested(shape: readonly number[], values: Float32Array): unknown {
  const [count = 0, ...rest] = shape;
  if (rest.length === 0) return asJson(values);
  const size = values.length / (count || 1);
  return Array.from({ length: count }, (_, i) => nested(rest, values.subarray(i * size, (i + 1) * size)));
}

/** Numbers of the largest values, by size. */
export const largest = (values: ArrayLike<number>, count: number): number[] =>
  topOf(
    Float32Array.from(Array.from(values, (value) => (Number.isNaN(value) ? -1 : Math.abs(value)))),
    count,
  );

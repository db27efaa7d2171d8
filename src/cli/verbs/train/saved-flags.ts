/**
 * train.json: the flags of a run in the layout of a --config file. `--resume` goes on with the run,
 * `--config` repeats it.
 */
import { GptError } from "../../../errors.ts";
import type { JsonObject, JsonValue } from "../../../files/json.ts";
import { quote } from "../../../files/quote.ts";
import { type Shard, shardName } from "../../../shards/shard.ts";
import type { RunRequest, Warmup } from "../../../train/run/request.ts";
import type { Flag } from "../../flags/flags.ts";
import { runFlags, type TrainArguments } from "./flags.ts";

const flags: Readonly<Record<string, Flag>> = runFlags;

/** Flags that may change when a run is resumed. */
const CHANGEABLE = [
  "steps",
  "epochs",
  "minutes",
  "eval-every",
  "sample-every",
  "sample-prompt",
  "save-every",
  "wait",
  "change",
];

const BUDGETS = ["steps", "epochs", "minutes"];

/** The flags of a request, as text. */
export function savedFlags(request: RunRequest): JsonObject {
  const values: Readonly<Record<string, unknown>> = { ...request };
  const entries = Object.keys(flags).map((name) => [name, values[camelCase(name)]] as const);
  return Object.fromEntries(
    entries.filter(([, value]) => value !== undefined).map(([name, value]) => [name, textOf(name, value)]),
  );
}

function textOf(name: string, value: unknown): JsonValue {
  if (typeof value === "boolean") return value;
  if (Array.isArray(value)) return flags[name]?.repeatable ? value : value.join(",");
  if (isWarmup(name, value)) return "steps" in value ? String(value.steps) : `${100 * value.share}%`;
  return isShard(name, value) ? shardName(value) : String(value);
}

const isWarmup = (name: string, value: unknown): value is Warmup => name === "warmup" && isObject(value);
const isShard = (name: string, value: unknown): value is Shard => name === "replica" && isObject(value);
const isObject = (value: unknown) => typeof value === "object" && value !== null;

/**
 * Arguments of a resumed run: its first arguments, and the changeable flags that are given now.
 *
 * @param saved the content of `file`
 * @throws GptError `invalid-file` for a name or a value that no flag of a run has, `usage` for another value
 *   of a fixed flag
 */
export function resumedArguments(given: TrainArguments, saved: JsonObject, file: string): TrainArguments {
  const anew = savedFlags(withoutInherited(given));
  const isOther = ([name, value]: [string, unknown]) => JSON.stringify(value) !== JSON.stringify(saved[name]);
  const [fixed] = Object.entries(anew).find((flag) => isOther(flag) && !CHANGEABLE.includes(flag[0])) ?? [];
  if (fixed !== undefined) {
    const advice = `only ${CHANGEABLE.map((name) => `--${name}`).join(", ")} may change`;
    throw new GptError("usage", `--${fixed} was decided when the run began: ${advice}`);
  }
  const isBudgetGiven = BUDGETS.some((name) => anew[name] !== undefined);
  const kept = Object.entries(saved).filter(([name]) => !(isBudgetGiven && BUDGETS.includes(name)));
  const own = Object.fromEntries(kept.map(([name, value]) => [camelCase(name), parse(file, name, value)]));
  const asked = Object.entries(withoutInherited(given)).filter(([, value]) => value !== undefined);
  return { ...own, ...Object.fromEntries(asked) } as TrainArguments;
}

/** Flags of the environment and of a config file are meant for new runs. */
function withoutInherited(given: TrainArguments): TrainArguments {
  const names = [...given.inherited]
    .filter((name) => name in flags)
    .flatMap((name) => [name, camelCase(name)]);
  return { ...given, ...Object.fromEntries(names.map((name) => [name, undefined])) };
}

function parse(file: string, name: string, value: JsonValue | undefined): unknown {
  const flag = flags[name];
  if (flag?.type === "boolean" && typeof value === "boolean") return value;
  const texts = [value].flat();
  if (flag?.coerce === undefined || !texts.every((text) => typeof text === "string")) {
    throw new GptError("invalid-file", `${file}: ${quote(name)} with ${quote(value)} is no flag of a run`);
  }
  try {
    return flag.coerce(texts);
  } catch (error) {
    if (!(error instanceof GptError)) throw error;
    throw new GptError("invalid-file", `${file}: ${name}: ${error.message}`, { cause: error });
  }
}

const camelCase = (name: string): string => name.replace(/-[a-z]/g, (match) => match.slice(1).toUpperCase());

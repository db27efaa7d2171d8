/** train.json: the flags of a run, in the form of a --config file, so that it can be resumed, and repeated with --config. */
import { GptError } from "../../../errors.ts";
import type { JsonObject, JsonValue } from "../../../files/json.ts";
import { quote } from "../../../files/quote.ts";
import type { RunRequest, Warmup } from "../../../train/run/request.ts";
import { type Flag, naming } from "../../flags/flags.ts";
import { runFlags, type TrainArguments } from "./flags.ts";

const flags: Readonly<Record<string, Flag>> = runFlags;

/** What may change when a run goes on. */
const CHANGEABLE = [
  "steps",
  "epochs",
  "minutes",
  "eval-every",
  "sample-every",
  "sample-prompt",
  "save-every",
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
  if (Array.isArray(value)) return flags[name]?.repeatable ? value : value.join(",");
  if (isWarmup(value)) return "steps" in value ? String(value.steps) : `${100 * value.share}%`;
  return String(value);
}

const isWarmup = (value: unknown): value is Warmup => typeof value === "object" && value !== null;

/**
 * The arguments of a run that goes on: its own, and what was given anew.
 *
 * @param saved the content of `file`
 * @throws GptError `invalid-file` for what is no flag of a run, `usage` for a flag that would make it another run
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

/** What the environment or a config file says of a run is meant for one that begins. */
function withoutInherited(given: TrainArguments): TrainArguments {
  const names = [...given.inherited]
    .filter((name) => name in flags)
    .flatMap((name) => [name, camelCase(name)]);
  return { ...given, ...Object.fromEntries(names.map((name) => [name, undefined])) };
}

function parse(file: string, name: string, value: JsonValue | undefined): unknown {
  const flag = flags[name];
  const texts = [value].flat();
  if (flag?.coerce === undefined || !texts.every((text) => typeof text === "string")) {
    throw new GptError("invalid-file", `${file}: ${quote(name)} with ${quote(value)} is no flag of a run`);
  }
  return naming(`${file}: ${name}`, flag.coerce)(texts);
}

const camelCase = (name: string): string => name.replace(/-[a-z]/g, (match) => match.slice(1).toUpperCase());

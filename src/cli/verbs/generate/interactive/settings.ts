/** The sampling flags as `/set` names, changes and shows them, and as a saved conversation holds them. */
import type { SettingsFormat } from "../../../../chat/saved.ts";
import { GptError } from "../../../../errors.ts";
import { besideOthers } from "../../../../generate/options/combinations.ts";
import type { GenerateOptions } from "../../../../generate/options/options.ts";
import { defaults } from "../../../../generate/options/settings.ts";
import { closestName } from "../../../flags/closest-name.ts";
import { isOn } from "../../../flags/environment.ts";
import { expected, type Flag, longName, longNames, naming } from "../../../flags/flags.ts";
import { samplingFlags } from "../../../flags/sampling-flags.ts";
import { pairs } from "../../../terminal/format.ts";

/** All but --logprobs: /top shows them. */
const { logprobs: _, ...flags } = samplingFlags;

export type SettingName = keyof typeof flags;

/** A setting in JSON. A repeatable flag has a list. */
export type SettingValue = string | number | boolean | readonly string[];

const own = Object.keys(flags) as SettingName[];
const shortNames = Object.entries<Flag>(flags).flatMap(([name, { alias }]) =>
  alias === undefined ? [] : [[alias, name] as const],
);
const byName = new Map([...longNames(flags), ...shortNames]) as ReadonlyMap<string, SettingName>;

export const settingNames: readonly string[] = own;

/**
 * The setting of a name as on the command line: also a short one, another tool's, with _ for - or dashes in
 * front.
 */
export function settingNamed(typed: string): SettingName {
  const name = typed.replace(/^-+/, "");
  const found = byName.get(longName(name));
  if (found !== undefined) return found;
  const near = closestName(name, flags);
  const advice = near ? `did you mean ${near}?` : "/set lists them";
  throw new GptError("usage", `there is no setting ${JSON.stringify(typed)}: ${advice}`);
}

/**
 * The options with one of them changed.
 *
 * @param texts the value as on the command line; several for a repeatable flag, none to have the default
 *   again
 * @throws GptError `usage` for a value that the flag refuses
 */
export function changed(
  options: GenerateOptions,
  name: SettingName,
  texts: readonly string[],
): GenerateOptions {
  const flag = flags[name];
  const { [flag.option]: _, ...others } = options;
  if (texts.length === 0) return others;
  const parse = (given: readonly string[]) =>
    flag.type === "boolean" ? isOn(given.join()) : flag.coerce(given);
  return { ...others, [flag.option]: naming(name, parse)(texts) };
}

/**
 * A value as a person types it -> the texts that `changed` takes. `default` stands for no text. A value that
 * begins with a quote or a bracket is JSON.
 */
export function settingTexts(value: string): readonly string[] {
  if (value === "default") return [];
  if (!/^["[]/.test(value)) return [value];
  try {
    const texts: unknown[] = [JSON.parse(value)].flat();
    if (texts.every((text) => typeof text === "string")) return texts;
  } catch {}
  throw expected("a text in quotes or a list of them, as in JSON", value);
}

/** The options as settings with the flags' names. */
export function settingsOf(options: GenerateOptions): Readonly<Record<string, SettingValue>> {
  const asked = own.flatMap((name) => {
    const value = settingValue(options[flags[name].option]);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(asked);
}

/** Settings in a saved conversation have the flags' names and the values of the command line. */
export const settingsFormat: SettingsFormat = {
  settingsOf,
  withSetting: (options, name, texts) => changed(options, settingNamed(name), texts),
};

/** A table of all settings, or of one, that tells which differ from the model's defaults. */
export function settingsTable(
  options: GenerateOptions,
  modelDefaults: GenerateOptions,
  names: readonly SettingName[] = own,
): string {
  const usual: GenerateOptions = { ...defaults, ...besideOthers(options, modelDefaults).options };
  const rows = names.map((name) => {
    const { option } = flags[name];
    const [value, otherwise] = [shown(options[option] ?? usual[option]), shown(usual[option])];
    const differs = value !== otherwise && name !== "seed";
    return [name, differs ? `${value}  (default ${otherwise})` : value] as const;
  });
  return pairs(rows);
}

const shown = (option: GenerateOptions[keyof GenerateOptions]): string => {
  const value = settingValue(option);
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return "none";
  return Array.isArray(value) ? JSON.stringify(value) : String(value);
};

function settingValue(option: GenerateOptions[keyof GenerateOptions]): SettingValue | undefined {
  if (option instanceof AbortSignal) return undefined;
  return option instanceof Map ? [...option].map(biasText) : (option as SettingValue | undefined);
}

/** As --logit-bias reads it. */
function biasText([id, bias]: readonly [number, number]): string {
  const amount = Number.isFinite(bias)
    ? bias.toLocaleString("en-US", { useGrouping: false, maximumFractionDigits: 20 })
    : "-inf";
  return `${id}${bias < 0 ? "" : "+"}${amount}`;
}

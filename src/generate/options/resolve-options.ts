/**
 * Layers of options -> the settings of a generation, where each is from, and which options were dropped and
 * why.
 */
import { OptionError, optionNamed } from "../../checks/option-error.ts";
import { show } from "../../checks/rules.ts";
import type { GptError } from "../../errors.ts";
import { randomSeed } from "../sampling/random.ts";
import { besideOthers, ignoredOptions, refuseIgnored } from "./combinations.ts";
import type { GenerateOptions } from "./options.ts";
import { absent, defaults, type GenerateSettings } from "./settings.ts";

type Name = keyof GenerateOptions;

/**
 * The first layer that has an option counts. Values are inside their ranges: each is checked where it enters.
 */
export interface OptionLayers {
  /** Of this call: a caller's options, typed flags, the fields of a request. */
  readonly typed?: GenerateOptions | undefined;
  /** Environment variables. */
  readonly environment?: GenerateOptions | undefined;
  /** A config file. */
  readonly file?: GenerateOptions | undefined;
  /** The generation defaults of the checkpoint. */
  readonly checkpoint?: GenerateOptions | undefined;
}

export type OptionLayer = keyof OptionLayers | "default";

export interface DroppedOption {
  readonly name: Name;
  readonly value: unknown;
  readonly layer: OptionLayer;
  /**
   * The option that it gives way to: beside that it would have no effect, or take the effect of the other.
   */
  readonly beside: Name;
}

export interface ResolvedOptions {
  readonly settings: GenerateSettings;
  /** The options of all layers above the checkpoint's that hold. */
  readonly options: GenerateOptions;
  readonly sources: Readonly<Record<Name, OptionLayer>>;
  readonly dropped: readonly DroppedOption[];
}

/** The model that the options are for. */
export interface OptionTarget {
  /** `logitBias` may name the ids below. */
  readonly vocabSize: number;
  /** Generation defaults out of range, each with its error. */
  readonly unusable?: ReadonlyMap<Name, GptError> | undefined;
}

/**
 * A typed option that would have no effect is refused. One of another layer gives way: it is meant for many
 * calls.
 *
 * @throws GptError `usage` for a typed option of no effect beside the others and for a bias of a token that
 *   the model does not have; `invalid-file` for a generation default that cannot be used and that no other
 *   layer replaces
 */
export function resolveOptions(layers: OptionLayers, target: OptionTarget): ResolvedOptions {
  const typed = given(layers.typed);
  const [environment, file, checkpoint] = [layers.environment, layers.file, layers.checkpoint].map(given);
  const layerOf = (name: Name): OptionLayer => {
    if (name in typed) return "typed";
    if (name in (environment ?? {})) return "environment";
    return name in (file ?? {}) ? "file" : "checkpoint";
  };
  const inherited = besideOthers(typed, { ...file, ...environment });
  const asked = { ...inherited.options, ...typed };
  const beams = { ...besideOthers(asked, checkpoint ?? {}).options, ...asked }.beams ?? defaults.beams;
  const idle = ignoredOptions(asked, beams).filter(({ name }) => !(name in typed));
  const options = without(
    asked,
    idle.map(({ name }) => name),
  );
  refuseIgnored(options, beams);

  const advised = besideOthers(options, checkpoint ?? {});
  for (const [name, error] of target.unusable ?? []) if (options[name] === undefined) throw error;
  const settings = { ...defaults, ...absent, seed: randomSeed(), ...advised.options, ...options };
  checkBias(settings.logitBias, target.vocabSize);
  const names = Object.keys(settings) as Name[];
  const source = (name: Name): OptionLayer =>
    name in options ? layerOf(name) : name in advised.options ? "checkpoint" : "default";
  return {
    settings,
    options,
    sources: Object.fromEntries(names.map((name) => [name, source(name)])) as Record<Name, OptionLayer>,
    dropped: [
      ...[...inherited.dropped, ...idle].map(({ name, beside }) => ({
        name,
        value: { ...file, ...environment }[name],
        layer: layerOf(name),
        beside,
      })),
      ...advised.dropped.map(({ name, beside }) => ({
        name,
        value: checkpoint?.[name],
        layer: "checkpoint" as const,
        beside,
      })),
    ],
  };
}

/** Without options that are undefined: they count as not given. */
const given = (options: GenerateOptions = {}): GenerateOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

const without = (options: GenerateOptions, names: readonly Name[]): GenerateOptions =>
  Object.fromEntries(Object.entries(options).filter(([name]) => !names.includes(name as Name)));

/** Larger ones overflow the 32 bits of a logit. */
const LARGEST_BIAS = 1e30;

function checkBias(logitBias: ReadonlyMap<unknown, unknown>, vocabSize: number): void {
  const name = optionNamed("logitBias");
  for (const [id, bias] of logitBias) {
    if (!Number.isInteger(id) || Number(id) < 0 || Number(id) >= vocabSize) {
      const ids = `this model's ids go from 0 to ${vocabSize - 1}`;
      throw new OptionError("usage", `${name} names token ${show(id)}: ${ids}`);
    }
    if (typeof bias === "number" && (bias === -Infinity || Math.abs(bias) <= LARGEST_BIAS)) continue;
    const range = `a number from -${LARGEST_BIAS} to ${LARGEST_BIAS}, or -Infinity`;
    throw new OptionError("usage", `${name} of token ${id} must be ${range}, found ${show(bias)}`);
  }
}

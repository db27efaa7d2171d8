/** The choice of an adapter in options. */
import { between, objectRule, type Rule } from "../../checks/rules.ts";

export interface AdapterChoice {
  /**
   * A directory with adapter_config.json and adapter_model.safetensors or adapter_model.bin, as PEFT writes
   * them.
   */
  readonly path: string;
  /** The adapter's change is multiplied by this, beside its own scaling. Default 1. */
  readonly scale?: number | undefined;
}

/** A larger scale overflows 32 bits. */
export const scaleRule = between(-1e6, 1e6);

export const choiceRules: Readonly<Record<keyof AdapterChoice, Rule>> = {
  path: { expected: "the path of an adapter", holds: (value) => typeof value === "string" },
  scale: scaleRule,
};

export const choicesRule: Rule = {
  expected: "a list of adapters",
  holds: (value) => Array.isArray(value) && value.every(objectRule.holds),
};

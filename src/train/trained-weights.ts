/** The weights that a run trains: all, all but frozen ones, or an adapter beside them. */
import { checkOptions, checkValue, objectRule, type Rule } from "../checks/rules.ts";
import { type ChosenLora, type Lora, resolveLora } from "./adapter/lora.ts";

export type TrainedWeights =
  | { readonly kind: "all" }
  /** All but some, by their names in the checkpoint, in which * stands for any text. */
  | { readonly kind: "some"; readonly freeze: readonly string[] }
  /** The model's own weights stay as they are. */
  | ({ readonly kind: "adapter" } & Lora);

/** The options of a caller. */
export type ChosenWeights =
  | { readonly kind: "all" }
  | { readonly kind: "some"; readonly freeze: readonly string[] }
  | ({ readonly kind: "adapter" } & ChosenLora);

const KINDS: readonly string[] = ["all", "some", "adapter"] satisfies readonly TrainedWeights["kind"][];

const kindRule: Rule = {
  expected: `one of ${KINDS.join(", ")}`,
  holds: (value) => typeof value === "string" && KINDS.includes(value),
};

const freezeRule: Rule = {
  expected: "a list of names",
  holds: (value) =>
    Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === "string"),
};

/** @throws GptError `usage` for an unknown kind, for a value outside its range and for an unknown option */
export function resolveWeightChoice(given: ChosenWeights): TrainedWeights {
  checkValue("trained", given, objectRule);
  checkValue("trained.kind", given.kind, kindRule);
  const { kind, ...options } = given;
  switch (kind) {
    case "all":
      checkOptions(options, {});
      return { kind };
    case "some": {
      const { freeze } = checkOptions(options as { freeze?: readonly string[] }, { freeze: freezeRule });
      checkValue("trained.freeze", freeze, freezeRule);
      return { kind, freeze: freeze ?? [] };
    }
    case "adapter":
      return { kind, ...resolveLora(options as ChosenLora) };
  }
}

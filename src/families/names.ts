/** Turns a family's table of stored names into the sources of every canonical weight. */
import { parameterOf } from "../model/weights.ts";
import type { ModelDescription, WeightSource } from "./family.ts";

/** A stored module: its name without `.weight` or `.bias`, and how its weight is laid out where not [outputs, inputs]. */
export type StoredModule = string | (Omit<WeightSource, "tensor" | "layout"> & StoredLayout);

interface StoredLayout {
  readonly module: string;
  readonly layout?: WeightSource["layout"];
}

/** Stored modules by canonical module, stacked in this order; `*` stands for the number of the layer in both. */
export type NameTable = Readonly<Record<string, readonly StoredModule[]>>;

export function sourcesFrom(table: NameTable): ModelDescription["sources"] {
  return ({ module: canonical, layer, kind }) => {
    const stored = table[canonical];
    if (stored === undefined) throw new Error(`no stored name for ${canonical}`);
    const parameter = parameterOf(kind);
    return stored.map((entry) => {
      const { module, layout = "linear", ...rest } = typeof entry === "string" ? { module: entry } : entry;
      const tensor = `${module.replace("*", `${layer}`)}.${parameter}`;
      return { tensor, layout: kind === "linear" ? layout : "linear", ...rest };
    });
  };
}

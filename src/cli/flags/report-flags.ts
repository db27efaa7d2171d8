/** Flags of the report that verbs give of a model that they change: what the change costs on a text. */
import { flagGroup, integer, path, value } from "./flags.ts";
import { engineFlags } from "./model-flags.ts";
import type { ParsedFlags } from "./parsed-flags.ts";

export const reportFlags = flagGroup("Report:", {
  report: value(path, "Compare the models on a text file: perplexity, KL divergence, equal top tokens", {
    inherited: false,
  }),
  windows: value(integer(1), "How many windows of the context, from its start [all of the text]"),
  "ctx-size": { ...engineFlags["ctx-size"], group: "Report:" },
});

/** Flags about a report that is not asked for. */
export const reportConflicts = ({ report, windows, ctxSize }: ParsedFlags<typeof reportFlags>) =>
  Object.entries({ windows, "ctx-size": ctxSize }).map(([flag, given]) => ({
    holds: given !== undefined && report === undefined,
    flags: [flag],
    problem: `--${flag} is about the report: give --report TEXT too, or leave it out`,
  }));

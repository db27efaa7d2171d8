/** What kinds of heads there are, by their scores on this text (Olsson et al. 2022). */
import type { Attention } from "../../../look/attention.ts";
import type { Copying } from "../../../look/copying.ts";
import type { HeadScore } from "../../../look/head-scores.ts";
import { button, h, percent, short } from "../parts/dom.ts";
import type { State } from "../state.ts";

/** Scores that name a head, with what the head does. */
const KINDS: readonly { readonly score: HeadScore; readonly name: string; readonly does: string }[] = [
  { score: "previousToken", name: "previous token", does: "reads the token before" },
  { score: "induction", name: "induction", does: "reads what followed this token earlier" },
  { score: "duplicateToken", name: "duplicate token", does: "reads earlier copies of this token" },
  { score: "firstToken", name: "first token", does: "rests on the first token" },
];
/** Heads that are named for each kind. */
const LISTED = 3;
/** A head has a kind if its score is this much. */
const LEAST = 0.4;

/** Names of what a head does, if it does it most of the time. */
export function kindsOf({ layers }: Attention, layer: number, head: number): string {
  const scores = layers.find((own) => own.layer === layer)?.scores;
  const kinds = KINDS.filter(({ score }) => (scores?.[score].values[head] ?? 0) >= LEAST);
  return kinds.length === 0 ? "" : `: ${kinds.map(({ name }) => name).join(", ")}`;
}

/** For each kind the heads that do it most. */
export function strongestHeads(state: State, { layers }: Attention, copying?: Copying): HTMLElement {
  const link = (layer: number, head: number, told: string) => {
    const press = () => state.choose({ layer, head });
    return h("td", {}, button(`layer ${layer}, head ${head}`, press, { class: "link" }), ` ${told}`);
  };
  const rows = KINDS.flatMap(({ score, does, name }) => {
    const all = layers.flatMap(({ layer, scores }) =>
      Array.from(scores[score].values, (value, head) => ({ layer, head, value })),
    );
    const best = all.filter(({ value }) => value > 0).sort((a, b) => b.value - a.value);
    if (best.length === 0) return [];
    const cells = best.slice(0, LISTED).map(({ layer, head, value }) => link(layer, head, percent(value)));
    return [h("tr", {}, h("th", { scope: "row" }, h("b", {}, name), `: ${does}`), ...cells)];
  });
  const copies = copying === undefined ? [] : copyingHeads(copying);
  const cells = copies.map(({ layer, head, value, source }) =>
    link(layer, head, `+${short(value)} for ${state.tokenAt(source)}`),
  );
  const about = h(
    "th",
    { scope: "row" },
    h("b", {}, "copying"),
    ": raises the logit of the very token that it reads",
  );
  return h(
    "div",
    {},
    h("h3", {}, "Which head does what? The strongest heads of each kind"),
    h(
      "div",
      { class: "scroll" },
      h("table", { class: "kinds" }, ...(cells.length > 0 ? [h("tr", {}, about, ...cells)] : []), ...rows),
    ),
    h(
      "p",
      { class: "note" },
      "Percentages are the mean share of the attention that goes there; copying is in logits, after the last token.",
    ),
  );
}

/** The heads that copy most, with the position that they copy from. */
function copyingHeads({ scores, sources }: Copying) {
  const [, most = 1] = scores.shape;
  return Array.from(scores.values, (value, i) => ({
    layer: Math.floor(i / most),
    head: i % most,
    value,
    source: sources.values[i] ?? -1,
  }))
    .filter(({ value, source }) => value > 0 && source >= 0)
    .sort((a, b) => b.value - a.value)
    .slice(0, LISTED);
}

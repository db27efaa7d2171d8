/** What kinds of heads there are, by their scores on this text (Olsson et al. 2022). */
import type { Attention } from "../../../look/attention.ts";
import type { HeadScore } from "../../../look/head-scores.ts";
import { button, h, short } from "../parts/dom.ts";
import type { State } from "../state.ts";

/** Scores that name a head, with what the head does. */
const KINDS: readonly { readonly score: HeadScore; readonly name: string; readonly does: string }[] = [
  { score: "previousToken", name: "previous token", does: "reads the token before" },
  { score: "induction", name: "induction", does: "reads what followed this token earlier: it copies" },
  { score: "duplicateToken", name: "duplicate token", does: "reads earlier copies of this token" },
  { score: "firstToken", name: "first token", does: "rests on the first token" },
];
/** A head has a kind if its score is this much. */
const LEAST = 0.4;

/** Names of what a head does, if it does it most of the time. */
export function kindsOf({ layers }: Attention, layer: number, head: number): string {
  const scores = layers.find((own) => own.layer === layer)?.scores;
  const kinds = KINDS.filter(({ score }) => (scores?.[score].values[head] ?? 0) >= LEAST);
  return kinds.length === 0 ? "" : `: ${kinds.map(({ name }) => name).join(", ")}`;
}

/** For each kind the head that does it most. */
export function strongestHeads(state: State, { layers }: Attention): HTMLElement {
  const rows = KINDS.flatMap(({ score, does }) => {
    let best = { layer: 0, head: 0, value: 0 };
    for (const { layer, scores } of layers) {
      for (const [head, value] of scores[score].values.entries()) {
        if (value > best.value) best = { layer, head, value };
      }
    }
    if (best.value === 0) return [];
    const { layer, head, value } = best;
    const press = () => state.choose({ layer, head });
    const name = h("td", {}, button(`layer ${layer}, head ${head}`, press, { class: "link" }));
    return [h("tr", {}, h("th", { scope: "row" }, does), name, h("td", {}, short(value)))];
  });
  return h("div", {}, h("h3", {}, "Which head does it most (1: always)"), h("table", {}, ...rows));
}

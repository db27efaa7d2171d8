/** `gpt look tokens`: how surprising each token of a text is, and where two models differ. */
import { GptError } from "../../../errors.ts";
import { findModel } from "../../../hub/find-model.ts";
import { loadWithEngine } from "../../../library/load-model.ts";
import { sameVocabulary } from "../../../library/same-vocabulary.ts";
import { type Surprisal, surprisal } from "../../../look/surprisal.ts";
import { readerOptions } from "../../flags/model-flags.ts";
import { sparkline } from "../../terminal/heat-map.ts";
import { table } from "../../terminal/table.ts";
import { asJson, idsOf, type Looking, largest, pieceOf, short, tokenText } from "./looking.ts";

/** Bits at which a token is as surprising as colours and sparklines show. */
const MOST_BITS = 16;

export async function showTokens(looking: Looking): Promise<void> {
  const { engine, args, signal, output } = looking;
  const ids = idsOf(looking);
  if (ids.length < 2) throw new GptError("usage", "gpt look tokens: a text of at least two tokens is needed");
  const top = args.top ?? 5;
  const view = await surprisal(engine, ids, { top, signal });
  const other = args.compare === undefined ? undefined : await compared(looking, args.compare, ids);
  const bits = bitsOf(view);
  if (args.json) {
    const tokens = ids.map((id) => tokenText(looking, id));
    const perplexity = Math.exp(view.loss);
    return output.writeJson(asJson({ ...view, tokens, bits, perplexity, compared: other }) as object);
  }
  await output.writeStyled(textOf(looking, bits));
  await output.endLine();
  await output.write(`${sparkline(bits.map((value) => value / MOST_BITS))}\n\n`);
  await output.write(other ? differencesOf(looking, view, other) : surprisesOf(looking, view));
}

const bitsOf = ({ nats }: Surprisal): number[] => Array.from(nats.values, (value) => value / Math.LN2);

/** What a second model says of the text. */
export async function compared(
  { model, args, signal }: Looking,
  name: string,
  ids: readonly number[],
): Promise<Surprisal> {
  const second = await loadWithEngine(findModel(name), { ...readerOptions(args), signal });
  await using other = second.model;
  if (other.hasTokenizer !== model.hasTokenizer || (model.hasTokenizer && !sameVocabulary(model, other))) {
    throw new GptError(
      "usage",
      "--compare: the second model has another vocabulary, so its tokens are others",
    );
  }
  return await surprisal(second.engine, ids, { top: args.top ?? 5, signal });
}

/** The text with a colour by the bits of each token: green for none, red for many. */
function textOf(looking: Looking, bits: readonly number[]): string {
  const { style } = looking;
  const pieces = idsOf(looking).map((id) => pieceOf(looking, id));
  if (!style.enabled) return `${pieces.join("|")}\n`;
  return pieces
    .map((piece, i) => (i === 0 ? piece : style.scale(1 - (bits[i] as number) / MOST_BITS, piece, i)))
    .join("");
}

/** The most surprising tokens, with what was expected in their place. */
function surprisesOf(looking: Looking, view: Surprisal): string {
  const { args } = looking;
  const [, count = 0] = view.topIds.shape;
  const rows = largest(view.nats.values, args.top ?? 10).flatMap((i) => {
    if (i === 0) return [];
    const expected = [...view.topIds.values.subarray(i * count, i * count + 3)].map(
      (id, k) => `${tokenText(looking, id)} ${short(view.topProbabilities.values[i * count + k] as number)}`,
    );
    const own = tokenText(looking, view.ids[i] as number);
    return [
      [
        `${i}`,
        own,
        short((view.nats.values[i] as number) / Math.LN2),
        `${view.rank.values[i]}`,
        expected.join("  "),
      ],
    ];
  });
  const perplexity = `perplexity ${short(Math.exp(view.loss))}, ${short(view.loss / Math.LN2)} bits a token\n`;
  return `${table([["", "token", "bits", "rank", "expected"], ...rows], [1, 4])}\n${perplexity}`;
}

/** The tokens whose bits differ most. */
function differencesOf(looking: Looking, own: Surprisal, other: Surprisal): string {
  const [first, second] = [bitsOf(own), bitsOf(other)];
  const gaps = first.map((value, i) => value - (second[i] as number));
  const rows = largest(gaps, looking.args.top ?? 10).flatMap((i) =>
    i === 0
      ? []
      : [
          [
            `${i}`,
            tokenText(looking, own.ids[i] as number),
            ...[first, second, gaps].map((all) => short(all[i] as number)),
          ],
        ],
  );
  const perplexities = [own, other].map(({ loss }) => short(Math.exp(loss))).join(" and ");
  return `${table([["", "token", "bits", "compared", "difference"], ...rows], [1])}\nperplexity ${perplexities}\n`;
}

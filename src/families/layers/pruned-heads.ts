/**
 * Heads that were taken out of some layers, in the words of transformers: `pruned_heads` has the numbers of the
 * heads by the number of the layer. Which they were does not matter once they are gone: how many does.
 */
import type { DecoderConfig } from "../../model/config.ts";
import { attentionOf } from "../../model/mixers.ts";
import { firstAttention, type Kind, key, SIZES } from "../keys.ts";
import type { StoredConfig } from "../stored-config.ts";
import { withAttention } from "./uniform.ts";

/** Numbers of heads by the number of their layer. */
type PrunedHeads = Readonly<Record<string, readonly number[]>>;

const numbers: Kind<PrunedHeads> = {
  read({ fields }, name) {
    const value = fields.value(name) ?? {};
    const isNumber = (n: unknown): n is number => Number.isInteger(n) && (n as number) >= 0;
    const lists = typeof value === "object" && !Array.isArray(value) ? Object.entries(value) : undefined;
    const found = lists?.every(([, own]) => Array.isArray(own) && own.every(isNumber));
    if (found && lists) return Object.fromEntries(lists) as PrunedHeads;
    throw fields.wrong(name, 'expected heads by layer, such as {"0": [2, 3]}');
  },
  json: (value) => Object.fromEntries(Object.entries(value).map(([layer, heads]) => [layer, [...heads]])),
  gguf: () => undefined,
};

/** Heads of a layer before any were taken out: they share the width. */
const headsBefore = (config: DecoderConfig): number => config.nEmbd / firstAttention(config).headDim;

const prunedHeads = key<PrunedHeads>({
  json: "pruned_heads",
  kind: numbers,
  of(config) {
    const all = headsBefore(config);
    const lost = config.layers.map((layer) => all - attentionOf(layer).nHead);
    if (lost.every((count) => count === 0)) return undefined;
    return Object.fromEntries(
      lost.flatMap((count, layer) => (count > 0 ? [[layer, [...Array(count).keys()]]] : [])),
    );
  },
});

export const HEAD_KEYS = { nHead: { ...SIZES.nHead, json: "n_head", of: headsBefore }, prunedHeads };

/** Whether a decoder lacks heads. */
export const lacksHeads = (config: DecoderConfig): boolean => prunedHeads.of(config) !== undefined;

/** @throws GptError `invalid-file` for layers and heads that are not there, and for a layer without heads */
export function withoutHeads(
  decoder: DecoderConfig,
  pruned: PrunedHeads,
  stored: StoredConfig,
): DecoderConfig {
  const { nHead } = firstAttention(decoder);
  const left = decoder.layers.map((_, layer) => {
    const heads = new Set(pruned[layer]);
    if ([...heads].every((head) => head < nHead) && heads.size < nHead) return nHead - heads.size;
    throw stored.wrong("prunedHeads", `layer ${layer} has heads 0 to ${nHead - 1} and keeps at least one`);
  });
  const stray = Object.keys(pruned).find((layer) => decoder.layers[Number(layer)] === undefined);
  if (stray !== undefined) throw stored.wrong("prunedHeads", `there is no layer ${stray}`);
  if (left.every((count) => count === nHead)) return decoder;
  return withAttention(decoder, left, (attention, nHead) => ({ ...attention, nHead, nKvHead: nHead }));
}

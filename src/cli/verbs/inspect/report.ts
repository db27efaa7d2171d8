/** The facts of a model as tables for people. */
import type { StoredTensor } from "../../../checkpoint/checkpoint.ts";
import { quote } from "../../../files/quote.ts";
import type { Facts } from "../../../library/facts/model-facts.ts";
import { WEIGHT_TYPES } from "../../../model/weight-sizes.ts";
import { bankText } from "../../terminal/banks.ts";
import { approximately, bytes, counted, pairs, thousands } from "../../terminal/format.ts";
import { visibleText } from "../../terminal/pieces.ts";
import { table } from "../../terminal/table.ts";

/** Of a longer list of special tokens the first ones are shown. */
const SHOWN_TOKENS = 6;

/** Blocks of lines with an empty line between. */
export function report(facts: Facts): string {
  const part = facts.textPartOf === undefined ? "" : `, the text part of ${visibleText(facts.textPartOf)}`;
  const active =
    facts.activeParameters === undefined ? "" : `, ${approximately(facts.activeParameters)} of them active`;
  const size = `${approximately(facts.parameters.total)} parameters${active}`;
  const title = `${visibleText(facts.model)}: ${facts.family}${part}, ${size}`;
  const problem = facts.problem === null ? [] : [`cannot be loaded: ${visibleText(facts.problem)}\n`];
  const blocks = [shapes(facts), parameters(facts), memory(facts), files(facts), tokenizer(facts)];
  return [`${title}\n`, ...problem, ...blocks, records(facts)].filter((block) => block !== "").join("\n");
}

function shapes(facts: Facts): string {
  const { nHead, nKvHead, headDim, position, norm, normPlacement } = facts;
  const grouped = nKvHead === nHead ? "" : `, ${nKvHead} for keys and values`;
  const rotary = position.kind === "rotary" ? `, theta ${thousands(position.theta)}` : "";
  return pairs([
    ["layers", thousands(facts.nLayer)],
    ...(facts.encoder ? [["encoder", counted(facts.encoder.nLayer, "layer")] as const] : []),
    ["width", thousands(facts.nEmbd)],
    ["heads", `${nHead} of ${headDim}${grouped}`],
    ["feed-forward", `${thousands(facts.nInner)}, ${facts.activation}${facts.gated ? ", gated" : ""}`],
    ...(facts.experts ? [["experts", expertsText(facts.experts)] as const] : []),
    ["norm", `${norm}, ${normPlacement === "pre" ? "before" : "after"} each sublayer`],
    ["positions", `${thousands(facts.nPositions)}, ${position.kind}${rotary}`],
    ["vocabulary", thousands(facts.vocabSize)],
    ...(facts.classes ? [["classes", facts.classes.map(visibleText).join(", ")] as const] : []),
  ]);
}

function expertsText({ count, active, nInner, sharedInner }: NonNullable<Facts["experts"]>): string {
  const shared = sharedInner === null ? "" : `, and one of ${thousands(sharedInner)} for every token`;
  return `${active} of ${count} for a token, of ${thousands(nInner)}${shared}`;
}

function parameters({ parameters, tiedHead }: Facts): string {
  const { tokenEmbedding, positionEmbedding, attention, mlp, norms, head, total } = parameters;
  const share = (count: number) => `${((100 * count) / total).toFixed(1)}%`;
  const row = (part: string, count: number, note = share(count)) => [part, thousands(count), note];
  return table([
    ["parameters"],
    row("  token embedding", tokenEmbedding),
    row("  position embedding", positionEmbedding),
    row("  attention", attention),
    row("  feed-forward", mlp),
    row("  norms", norms),
    row("  output head", head, tiedHead ? "tied" : undefined),
    row("  total", total, ""),
  ]);
}

function memory({ memory, parameters }: Facts): string {
  const loaded = memory.weightsLoaded?.map(({ dtype, bytes: size }) => `${dtype} (${bytes(size)})`);
  const cache = pairs([
    ...(loaded ? [["weights in memory", loaded.join(", ")] as const] : []),
    [`${memory.kvCacheDtype} cache for each token`, bytes(memory.kvCacheBytesPerToken)],
    ...(memory.stateBytes ? [["state of the recurrent layers", bytes(memory.stateBytes)] as const] : []),
    [`cache for ${thousands(memory.contextSize)} tokens`, bytes(memory.kvCacheBytes)],
    ...banks(memory.banks),
  ]);
  const sizes = WEIGHT_TYPES.map((type) => {
    const size = memory.weightsBytesAs[type.toLowerCase()] ?? 0;
    return [`  ${type}`, bytes(size), `${((8 * size) / parameters.total).toFixed(2)} bits each`];
  });
  return `${table([["size of the weights as"], ...sizes])}\n${cache}`;
}

/** A line for each memory of a model that is larger than one. */
function banks(banks: Facts["memory"]["banks"]): (readonly [string, string])[] {
  if (banks === null) return [];
  if ("problem" in banks) return [["memories", visibleText(banks.problem)]];
  return banks.length > 1 ? banks.map((bank, i) => [`memory ${i + 1}`, bankText(bank, i)]) : [];
}

function files({ storage }: Facts): string {
  if (storage === null) return pairs([["files", "a config alone, without weights"]]);
  const shards = counted(storage.files, "file");
  const dtypes = storage.dtypes.map(({ dtype, tensors, bytes: size }) => {
    return `${thousands(tensors)} ${visibleText(dtype)} (${bytes(size)})`;
  });
  return pairs([
    ["files", `${shards}, ${bytes(storage.fileBytes)}`],
    ["tensors", dtypes.join(", ") || "none"],
  ]);
}

function tokenizer({ tokenizer }: Facts): string {
  if (tokenizer === null) return pairs([["tokenizer", "none"]]);
  if ("problem" in tokenizer)
    return pairs([["tokenizer", `cannot be read: ${visibleText(tokenizer.problem)}`]]);
  const { kind, vocabSize, merges, normalizer, preTokenizer, preTokenizerName, special } = tokenizer;
  const name = ({ id, text }: { readonly id: number; readonly text: string }) => `${visibleText(text)} ${id}`;
  const list = (tokens: typeof special) =>
    [
      ...tokens.slice(0, SHOWN_TOKENS).map(name),
      ...(tokens.length > SHOWN_TOKENS ? [`and ${thousands(tokens.length - SHOWN_TOKENS)} more`] : []),
    ].join(", ") || "none";
  const steps = preTokenizer.join(", ") || "none";
  return pairs([
    ["tokenizer", kind],
    ["  tokens", thousands(vocabSize) + (merges > 0 ? `, ${thousands(merges)} merges` : "")],
    ["  normalizer", normalizer.join(", ") || "none"],
    ["  pre-tokenizer", preTokenizerName === null ? steps : `${steps} (${visibleText(preTokenizerName)})`],
    ["  special", list(special)],
    ["  begins a text", tokenizer.bos ? `${name(tokenizer.bos)}, ${added(tokenizer.addBos)}` : "none"],
    ["  ends a text", list(tokenizer.endOfText)],
  ]);
}

const added = (added: boolean): string => (added ? "put before every prompt" : "not put before prompts");

/** generation_config.json, or the general.* keys of a GGUF file. */
function records({ generationConfig = {}, general = {}, metadataKeys }: Facts): string {
  const rows = (values: object) =>
    Object.entries(values).map(([name, value]) => [`  ${visibleText(name)}`, quote(value)] as const);
  const generation = rows(generationConfig);
  if (metadataKeys !== undefined) return pairs([["metadata", `${metadataKeys} keys`], ...rows(general)]);
  return generation.length > 0 ? pairs([["generation_config.json", ""], ...generation]) : "";
}

/** A line for each stored tensor: its name, type, shape and bytes. */
export const tensorTable = (tensors: readonly StoredTensor[]): string =>
  table(
    tensors.map(({ name, dtype, shape, byteLength }) => [
      visibleText(name),
      visibleText(dtype),
      `[${shape.join(", ")}]`,
      thousands(byteLength),
    ]),
    [0, 1, 2],
  );

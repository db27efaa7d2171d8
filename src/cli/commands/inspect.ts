/** `gpt inspect`: what a model is and what it takes, without reading its weights. */
import type { Checkpoint } from "../../checkpoint/checkpoint.ts";
import { openCheckpoint } from "../../checkpoint/open.ts";
import { BLOCK_POSITIONS, kvCacheBytes } from "../../compute/kv-cache.ts";
import { describeModel } from "../../model/families/index.ts";
import { chooseContextSize } from "../../model/memory-plan.ts";
import { countParameters } from "../../model/parameters.ts";
import { findModel } from "../../model-path.ts";
import { flagGroup, text, toggle, value } from "../arguments/flags.ts";
import { defineCommand } from "../command.ts";
import { modelName } from "../model-name.ts";
import { approximately, bytes, pairs, table, thousands } from "../terminal/format.ts";
import { Output } from "../terminal/output.ts";

export const command = defineCommand({
  examples: ["gpt inspect", "gpt inspect path/to/model.gguf", "gpt inspect path/to/config.json --json"],
  flags: {
    ...flagGroup("Model:", {
      model: value(
        text,
        "A directory, a .gguf file, a config.json, or a name [$GPT_MODEL or the embedded one]",
        {
          alias: "m",
        },
      ),
    }),
    ...flagGroup("Output:", { json: toggle("One line of JSON") }),
  },
  async handler({ model, json }) {
    const facts = await gather(findModel(model));
    const output = new Output();
    if (json) await output.writeJson(facts);
    else await output.write(describe(facts));
  },
});

type Facts = Awaited<ReturnType<typeof gather>>;

async function gather(path: string) {
  const checkpoint = await openCheckpoint(path);
  const { config } = await describeModel(checkpoint);
  const parameters = countParameters(config);
  const contextSize = chooseContextSize(config, undefined);
  return {
    model: modelName(path),
    path,
    format: checkpoint.format,
    ...config,
    parameters,
    memory: {
      weightsF32Bytes: 4 * parameters.total,
      weightsStoredBytes: storedBytes(checkpoint),
      storedDtypes: [...new Set([...checkpoint.tensors.values()].map(({ dtype }) => dtype))],
      kvCacheBytesPerToken: kvCacheBytes(config, BLOCK_POSITIONS) / BLOCK_POSITIONS,
      contextSize,
      kvCacheBytes: kvCacheBytes(config, contextSize),
    },
  };
}

/** Null for a config without weights. */
function storedBytes({ tensors }: Checkpoint): number | null {
  if (tensors.size === 0) return null;
  return [...tensors.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

function describe(facts: Facts): string {
  const title = `${facts.model}: ${facts.family}, ${approximately(facts.parameters.total)} parameters`;
  return [`${title}\n`, shapes(facts), parameters(facts), memory(facts)].join("\n");
}

function shapes(facts: Facts): string {
  const { nHead, nKvHead, headDim, position, norm, normPlacement } = facts;
  const grouped = nKvHead === nHead ? "" : `, ${nKvHead} for keys and values`;
  const rotary = position.kind === "rotary" ? `, theta ${thousands(position.theta)}` : "";
  return pairs([
    ["layers", thousands(facts.nLayer)],
    ["width", thousands(facts.nEmbd)],
    ["heads", `${nHead} of ${headDim}${grouped}`],
    ["feed-forward", `${thousands(facts.nInner)}, ${facts.activation}${facts.gated ? ", gated" : ""}`],
    ["norm", `${norm}, ${normPlacement === "pre" ? "before" : "after"} each sublayer`],
    ["positions", `${thousands(facts.nPositions)}, ${position.kind}${rotary}`],
    ["vocabulary", thousands(facts.vocabSize)],
  ]);
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

function memory({ memory }: Facts): string {
  const { weightsStoredBytes, storedDtypes, weightsF32Bytes, kvCacheBytesPerToken, contextSize } = memory;
  const stored =
    weightsStoredBytes === null ? "none" : `${bytes(weightsStoredBytes)}, ${storedDtypes.join(", ")}`;
  return pairs([
    ["weights as stored", stored],
    ["weights in F32", bytes(weightsF32Bytes)],
    ["cache for each token", bytes(kvCacheBytesPerToken)],
    [`cache for ${thousands(contextSize)} tokens`, bytes(memory.kvCacheBytes)],
  ]);
}

/** Flags of `gpt look`, and the views in which they have a meaning. */
import type { Conflict } from "../../flags/conflicts.ts";
import {
  flagGroup,
  integer,
  list,
  modelPath,
  number,
  oneOf,
  path,
  text,
  toggle,
  value,
} from "../../flags/flags.ts";
import { inputConflicts, inputFlags } from "../../flags/input-flags.ts";
import { modelFlag, readerFlags } from "../../flags/model-flags.ts";
import { colorFlag, jsonFlag, outputFlag, quietFlag } from "../../flags/output-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";

export const VIEWS = [
  "attention",
  "lens",
  "tokens",
  "why",
  "embeddings",
  "neurons",
  "ablate",
  "patch",
  "steer",
  "flow",
  "page",
  "dump",
] as const;
export type View = (typeof VIEWS)[number];

const own = { inherited: false } as const;

export const lookFlags = {
  ...flagGroup("Input:", {
    view: value(oneOf(...VIEWS), VIEWS.join(", "), own),
    text: list(text, "The prompt; patch and steer take two, embeddings words [standard input]", own),
    ids: list(text, "Token ids instead of a text, such as 1,2,3", own),
  }),
  ...inputFlags,
  ...modelFlag,
  ...readerFlags,
  ...flagGroup("View:", {
    layer: value(integer(0), "A layer, from 0", own),
    head: value(integer(0), "attention: a head of the layer, from 0", own),
    position: value(integer(0), "lens, neurons: a position, from 0 [lens: the last]", own),
    neuron: value(integer(0), "neurons: a neuron of the layer, from 0", own),
    token: value(text, "why, patch: a token, or #ID [the likeliest]", own),
    against: value(text, "why, patch: the token it is compared with, or #ID [the likeliest other one]", own),
    baseline: value(
      oneOf("zero", "positions", "id"),
      "why: where integrated gradients begin [id: id 0]",
      own,
    ),
    steps: value(integer(1), "why: steps of integrated gradients [32; pages of large models 8 or more]", own),
    compare: value(modelPath, "tokens: a second model, and where the two differ", own),
    by: value(oneOf("cosine", "dot", "centred"), "embeddings: nearness [cosine]", own),
    from: value(text, "embeddings: the direction from A to B, as A,B", own),
    map: value(oneOf("pca", "umap"), "embeddings: how several words are placed [pca]", own),
    mean: toggle("ablate: parts become their mean over the text instead of zeros"),
    without: value(text, "ablate: heads L.H and layers L to leave out together, as 3.1,5", own),
    scale: value(number, "steer: factor of the direction [1]", own),
    vector: value(path, "steer: a control vector of llama.cpp instead of two prompts", own),
    save: value(path, "steer: write the directions as a control vector of llama.cpp", own),
    "max-tokens": value(integer(1), "steer: tokens to write [32]", own),
    top: value(integer(1), "Rows of lists [10; lens and tokens 5]", { alias: "k" }),
  }),
  ...flagGroup("Output:", {
    output: outputFlag("A page with all views of the prompt, .html; dump: the .safetensors file"),
    live: toggle("The page carries the engine and the model, and computes what is typed"),
    json: jsonFlag("One line of JSON with all numbers"),
    quiet: quietFlag("Nothing on standard error but errors"),
  }),
  ...colorFlag,
};

export type LookArguments = ParsedFlags<typeof lookFlags>;

/** Views that are parts of a page. */
const ON_PAGES: readonly View[] = VIEWS.filter((view) => view !== "dump" && view !== "embeddings");

/** Views in which a flag has a meaning. */
const MEANT: Readonly<Record<string, readonly View[]>> = {
  layer: ["attention", "lens", "neurons", "page", "dump", "steer"],
  head: ["attention", "page"],
  position: ["lens", "neurons", "page"],
  neuron: ["neurons", "page"],
  token: ["why", "patch", "page"],
  against: ["why", "patch", "page"],
  baseline: ["why", "page"],
  steps: ["why", "page"],
  compare: ["tokens", "page"],
  by: ["embeddings"],
  from: ["embeddings"],
  map: ["embeddings"],
  mean: ["ablate"],
  without: ["ablate"],
  scale: ["steer"],
  vector: ["steer"],
  save: ["steer"],
  maxTokens: ["steer"],
  output: ["dump", ...ON_PAGES],
  live: ON_PAGES,
};

export function lookConflicts(args: LookArguments): readonly Conflict[] {
  const { view, head, layer, neuron, mean, without, text, ids, output, live } = args;
  const isPage = view !== "dump" && output !== undefined;
  return [
    ...inputConflicts(args),
    ...Object.entries(MEANT).map(([name, views]) => {
      const flag = name === "maxTokens" ? "max-tokens" : name;
      return {
        holds: args[name] !== undefined && view !== undefined && !views.includes(view),
        flags: [flag],
        problem: `--${flag} has no meaning for gpt look ${view ?? ""}`,
      };
    }),
    {
      holds: isPage && !output.endsWith(".html"),
      flags: ["output"],
      problem: `--output writes a page: name it with .html, found ${output}`,
    },
    {
      holds: isPage && without !== undefined,
      flags: ["without"],
      problem: "--without does not go with a page, which shows each part left out alone",
    },
    { holds: live && output === undefined, flags: ["live"], problem: "--live needs -o page.html" },
    { holds: head !== undefined && layer === undefined, flags: ["head"], problem: "--head needs --layer" },
    {
      holds: neuron !== undefined && layer === undefined,
      flags: ["neuron"],
      problem: "--neuron needs --layer",
    },
    { holds: mean && without !== undefined, flags: ["mean"], problem: "--mean does not go with --without" },
    {
      holds: text !== undefined && ids !== undefined,
      flags: ["ids"],
      problem: "give a text or --ids, not both",
    },
  ];
}

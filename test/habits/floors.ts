/**
 * The floors of src/, from the ground up. A folder imports folders of lower floors only, types included.
 *
 * This is a table and a test, not Biome's noRestrictedImports: that rule needs a list of patterns for each of
 * thirty folders and matches how a path is written, not the folder it leads to.
 */
export const floors: readonly (readonly string[])[] = [
  ["host"],
  ["errors.ts"],
  ["checks"],
  ["files"],
  ["compute", "checkpoint", "hub", "shards"],
  ["reference", "model", "tokenizer"],
  ["families"],
  ["weights"],
  ["engine", "constrain"], // knows tokens as bytes only
  ["generate", "convert"],
  ["bench", "text", "data"],
  ["chat"], // a conversation streams its answers as text/ does
  ["library"],
  ["evaluate", "plan"], // a training run measures itself
  ["train", "look"],
  ["prune"], // it measures gradients as training does
  ["page"],
  ["index.ts"],
  ["server"],
  ["cli/terminal"],
  ["cli/flags"],
  ["cli"],
];

/** Files, for Node. */
import { existsSync } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import type { Files } from "./host.ts";

export const files: Files = {
  stat: (path) => stat(path),
  open: (path) => open(path, "r"),
  list: (directory) => readdir(directory),
  exists: existsSync,
};

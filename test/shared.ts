/** The data that lies beside the repository while it is developed: tests that need it say so where it is missing. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe } from "vitest";

const root = fileURLToPath(new URL("../../shared/", import.meta.url));
const present = existsSync(root);

/** Absolute path of a file in ../shared. */
export const shared = (path: string): string => root + path;

/** A `describe` that is skipped, by name, where ../shared is missing. */
export function describeWithShared(name: string, suite: () => void): void {
  if (!present) process.stderr.write(`skipped, ../shared is missing: ${name}\n`);
  describe.skipIf(!present)(name, suite);
}

/**
 * Data beside the repository, which only developers have. Tests that need it are skipped by name without it.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe } from "vitest";

const root = fileURLToPath(new URL("../../shared/", import.meta.url));
const present = existsSync(root);

/** Absolute path of a file in ../shared. */
export const shared = (path: string): string => root + path;

/** A `describe` that is skipped if ../shared is missing. */
export function describeWithShared(name: string, suite: () => void): void {
  if (!present) process.stderr.write(`skipped, ../shared is missing: ${name}\n`);
  describe.skipIf(!present)(name, suite);
}

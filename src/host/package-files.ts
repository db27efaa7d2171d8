/** Files of the package beside its code: kernels, models, package.json. */
import { readFileSync } from "node:fs";

/** The folder of the package is two above this module, and two above the bundle. */
export const packageFile = (path: string): URL => new URL(`../../${path}`, import.meta.url);

export function packageVersion(): string {
  const text = readFileSync(packageFile("package.json"), "utf8");
  const { version } = JSON.parse(text) as { version: string };
  return version;
}

/**
 * Builds everything that users run: kernels, declarations and modules, bundle. Says nothing unless it fails.
 *
 * Programs of this tree that run during a build go on: each file is written beside its place and renamed.
 */
import { fileURLToPath } from "node:url";
import { buildBundle } from "./build-bundle.js";
import { buildDeclarations } from "./build-declarations.js";
import { buildKernels } from "./build-kernels.js";
import { buildModules } from "./build-modules.js";
import { buildPage } from "./build-page.js";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

try {
  await buildKernels();
  buildModules();
  buildDeclarations();
  await buildBundle();
  await buildPage();
} catch (error) {
  process.stderr.write(`the build failed: ${error.message}\n`);
  process.exitCode = 1;
}

/** A program in TypeScript that has the package alone: its declarations lead to each other, and to nothing else. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { root } from "./sources.ts";

const folder = temporaryFolder()("consumer");

const program = `
import { type GenerateOptions, GptError, loadModel } from "gpt-simd";
const options: GenerateOptions = { maxTokens: 2 };
await using model = await loadModel();
for await (const { text } of model.generate("Once", options)) console.log(text satisfies string);
// @ts-expect-error: a prompt is a text.
model.generate(1, 2);
console.log(new GptError("usage", "expected") satisfies Error);
`;

const strict = { strict: true, skipLibCheck: false, noEmit: true, target: "es2023", types: ["node"] };
const lib = ["es2023", "esnext.disposable", "dom"];

it.each([
  ["nodenext", "nodenext"],
  ["esnext", "bundler"],
])("compiles with the modules of %s, found as by %s", { timeout: 120_000 }, (module, moduleResolution) => {
  const place = join(folder, moduleResolution);
  const installed = join(place, "node_modules/gpt-simd");
  for (const name of ["package.json", "dist/types"]) {
    mkdirSync(dirname(join(installed, name)), { recursive: true });
    cpSync(join(root, name), join(installed, name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules/@types"), join(place, "node_modules/@types"));
  const compilerOptions = { ...strict, lib, module, moduleResolution };
  writeFileSync(join(place, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.ts"] }));
  writeFileSync(join(place, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(place, "main.ts"), program);
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  let problems = "";
  try {
    execFileSync(process.execPath, [compiler, "-p", place], { encoding: "utf8" });
  } catch (error) {
    problems = (error as { stdout: string }).stdout;
  }
  expect(problems).toBe("");
});

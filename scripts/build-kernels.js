/**
 * Compiles assembly/ into the targets of asconfig.json and generates build/kernels.{js,d.ts}: the numbers,
 * arguments and constants of the kernels for TypeScript. Nothing happens unless a source is newer than an
 * output.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { dispatchModule, javascriptModule, typesModule } from "./kernels/write-modules.js";
import { replaceFile } from "./replace-file.js";

const GENERATED = join("assembly", "generated");
const DISPATCH = join(GENERATED, "dispatch.ts");

export async function buildKernels() {
  const sources = [...under("scripts/kernels"), ...under("assembly")].filter(
    (path) => !path.startsWith(GENERATED),
  );
  const { targets } = JSON.parse(readFileSync("asconfig.json", "utf8"));
  const binaries = Object.values(targets).map(({ outFile }) => outFile);
  const outputs = [DISPATCH, "build/kernels.js", "build/kernels.d.ts", ...binaries];
  const newest = Math.max(...["asconfig.json", "scripts/build-kernels.js", ...sources].map(modified));
  if (Math.min(...outputs.map(modified)) > newest) return;

  const { readAssembly } = await import("./kernels/read-assembly.js"); // it loads the compiler
  const assembly = readAssembly();
  replaceFile(DISPATCH, dispatchModule(assembly.kernels));
  const compiled = await compile(Object.keys(targets));
  for (const [path, content] of compiled) replaceFile(path, content);
  replaceFile("build/kernels.d.ts", typesModule(assembly));
  replaceFile("build/kernels.js", javascriptModule(assembly));
}

/** Contents of the compiler's outputs by path. */
async function compile(targets) {
  const { default: asc } = await import("assemblyscript/asc");
  const compiled = new Map();
  const writeFile = (name, content, folder) => void compiled.set(join(folder, name), content);
  for (const target of targets) {
    const options = ["--config", "asconfig.json", "--target", target];
    const { error, stderr } = await asc.main(options, { writeFile });
    if (error) throw new Error(`${stderr}${error.message}`);
  }
  return compiled;
}

const under = (folder) => readdirSync(folder, { recursive: true }).map((name) => join(folder, name));

/** Milliseconds; 0 for a file that is not there. */
const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

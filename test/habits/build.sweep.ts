import { spawn } from "node:child_process";
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { root } from "./sources.ts";

const tree = temporaryFolder()("tree");

interface Finished {
  readonly status: number | null;
  readonly output: string;
}

function run(...args: readonly string[]): Promise<Finished> {
  const child = spawn(process.execPath, args, { cwd: tree, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, output }));
  });
}

it("programs that start and run while the tree is built again do their work", async () => {
  for (const part of ["assembly", "bin", "build", "dist", "scripts", "src"]) {
    cpSync(join(root, part), join(tree, part), { recursive: true, preserveTimestamps: true });
  }
  for (const file of ["asconfig.json", "package.json", "tsconfig.json", "tsconfig.build.json"]) {
    cpSync(join(root, file), join(tree, file), { preserveTimestamps: true });
  }
  symlinkSync(join(root, "models"), join(tree, "models"));
  symlinkSync(join(root, "node_modules"), join(tree, "node_modules"));

  let isBuilding = true;
  const texts: Finished[] = [];
  const programs = Array.from({ length: 2 }, async () => {
    while (isBuilding)
      texts.push(await run("bin/gpt.js", "generate", "Once", "-n", "2", "--seed", "1", "-q"));
  });
  const source = join(tree, "src/errors.ts");
  const text = readFileSync(source, "utf8");
  for (let build = 0; build < 4; build++) {
    writeFileSync(source, `${text}\nObject.assign(globalThis, { build: ${build} });\n`);
    expect(await run("scripts/build.js")).toEqual({ status: 0, output: "" });
  }
  isBuilding = false;
  await Promise.all(programs);
  expect(texts.length).toBeGreaterThan(4);
  expect(texts.filter(({ status, output }) => status !== 0 || output !== " upon a\n")).toEqual([]);
}, 180_000);

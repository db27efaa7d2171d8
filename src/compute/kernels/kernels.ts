/** Builds of the kernels: which ones run here, and an instance of one. */
import { OptionError, optionNamed } from "../../checks/option-error.ts";
import { machine } from "../../host/machine.ts";
import { processMemory } from "../memory/process-memory.ts";
import type { KernelExports } from "./table.ts";

/**
 * The builds. `plain` gives the same bits on every machine. `relaxed` uses fused multiply-add if the machine
 * has it.
 */
export type Simd = "plain" | "relaxed";

const modules = new Map<Simd, WebAssembly.Module>();

/**
 * A build, compiled at its first use. @throws WebAssembly.CompileError if this Node does not know its
 * instructions
 */
function compiled(simd: Simd): WebAssembly.Module {
  const known = modules.get(simd);
  if (known !== undefined) return known;
  const module = new WebAssembly.Module(machine.kernels(simd));
  modules.set(simd, module);
  return module;
}

/** Whether a build compiles here and gives a known answer: 3 * 5 + 7. */
function runsHere(simd: Simd): boolean {
  try {
    const { exports } = new WebAssembly.Instance(compiled(simd), { env: { memory: processMemory().wasm } });
    const { probe } = exports as unknown as KernelExports;
    return probe(3, 5, 7) === 22;
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) return false;
    throw error;
  }
}

/**
 * The build to run: the one that was asked for, or for `auto` the relaxed one if it runs here.
 *
 * @throws GptError `usage` when the relaxed build is asked for and cannot run here
 */
export function chooseSimd(choice: Simd | "auto"): Simd {
  if (choice === "plain") return "plain";
  if (machine.hasRelaxedSimd && runsHere("relaxed")) return "relaxed";
  if (choice === "auto") return "plain";
  const remedy = `${machine.name} has no relaxed SIMD: use Node 22 or newer, or plain`;
  throw new OptionError("usage", `${optionNamed("simd")} relaxed: ${remedy}`);
}

/** The builds that run here: the one that was asked for, or for `auto` all. @throws as `chooseSimd` */
export function buildsFor(choice: Simd | "auto"): readonly Simd[] {
  return [...new Set<Simd>(choice === "auto" ? ["plain", chooseSimd("auto")] : [chooseSimd(choice)])];
}

export class Kernels {
  readonly module: WebAssembly.Module;
  readonly exports: KernelExports;

  constructor(simd: Simd, memory: WebAssembly.Memory) {
    this.module = compiled(simd);
    const { exports } = new WebAssembly.Instance(this.module, { env: { memory } });
    this.exports = exports as unknown as KernelExports;
  }
}

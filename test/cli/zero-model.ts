/** A GPT-2 checkpoint whose weights are all zero: any size at once, every token as likely as the other, no tokenizer. */
import { mkdtempSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Large enough to be interrupted at leisure: thousands of tokens a second at most, and room for 4,096. */
const config = { model_type: "gpt2", n_layer: 6, n_head: 8, n_embd: 256, n_positions: 4096, vocab_size: 100 };

/** Writes the checkpoint into a new directory, which is the caller's to remove. */
export function writeZeroModel(): string {
  const directory = mkdtempSync(join(tmpdir(), "gpt-zero-"));
  writeFileSync(join(directory, "config.json"), JSON.stringify(config));
  const { vocab_size, n_positions, n_embd: width, n_layer } = config;
  const shapes: Record<string, number[]> = {
    "wte.weight": [vocab_size, width],
    "wpe.weight": [n_positions, width],
  };
  const linear = (name: string, inputs: number, outputs: number) => {
    shapes[`${name}.weight`] = [inputs, outputs];
    shapes[`${name}.bias`] = [outputs];
  };
  const norm = (name: string) => {
    shapes[`${name}.weight`] = [width];
    shapes[`${name}.bias`] = [width];
  };
  for (let layer = 0; layer < n_layer; layer++) {
    norm(`h.${layer}.ln_1`);
    linear(`h.${layer}.attn.c_attn`, width, 3 * width);
    linear(`h.${layer}.attn.c_proj`, width, width);
    norm(`h.${layer}.ln_2`);
    linear(`h.${layer}.mlp.c_fc`, width, 4 * width);
    linear(`h.${layer}.mlp.c_proj`, 4 * width, width);
  }
  norm("ln_f");
  writeZeros(join(directory, "model.safetensors"), shapes);
  return directory;
}

function writeZeros(file: string, shapes: Readonly<Record<string, readonly number[]>>): void {
  let end = 0;
  const tensors = Object.entries(shapes).map(([name, shape]) => {
    const begin = end;
    end += 2 * shape.reduce((product, length) => product * length, 1);
    return [name, { dtype: "F16", shape, data_offsets: [begin, end] }];
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(tensors)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(file, Buffer.concat([length, header]));
  truncateSync(file, length.length + header.length + end);
}

/** `gpt look`: what a model does inside with a text. */
import { defineCommand } from "../../command.ts";
import { interruptible } from "../../terminal/interrupt.ts";
import { lookConflicts, lookFlags } from "./flags.ts";

export const command = defineCommand({
  examples: [
    'gpt look tokens "Once upon a time there was a dog."',
    'gpt look attention "Once upon a time" --layer 2 --head 1',
    'gpt look lens "Once upon a" -m path/to/model',
    'gpt look why "Once upon a" --token " time"',
    'gpt look embeddings "king - man + woman"',
    'gpt look patch "The cat sat" "The dog sat"',
    'gpt look steer "I am sad" "I am happy" --layer 4 --scale 2 --save happy.gguf',
    'gpt look dump "Once upon a time" -o acts.safetensors',
  ],
  flags: lookFlags,
  conflicts: lookConflicts,
  async handler(args) {
    const { look } = await import("./look.ts");
    await interruptible((signal) => look(args, signal));
  },
});

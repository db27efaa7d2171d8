/** `gpt completion`: a script that teaches a shell the commands, their flags and their values. */
import { GptError } from "../../errors.ts";
import { flagGroup, oneOf, value } from "../arguments/flags.ts";
import { defineCommand } from "../command.ts";
import { bashScript } from "../completion/bash.ts";
import { fishScript } from "../completion/fish.ts";
import { gatherVocabulary } from "../completion/vocabulary.ts";
import { zshScript } from "../completion/zsh.ts";
import { Output } from "../terminal/output.ts";

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };

export const command = defineCommand({
  examples: [
    `echo 'eval "$(gpt completion bash)"' >> ~/.bashrc`,
    `echo 'eval "$(gpt completion zsh)"' >> ~/.zshrc`,
    "gpt completion fish > ~/.config/fish/completions/gpt.fish",
  ],
  flags: flagGroup("Shell:", {
    shell: value(oneOf("bash", "zsh", "fish"), "The shell: bash, zsh or fish", { inherited: false }),
  }),
  async handler({ shell }) {
    if (shell === undefined) throw new GptError("usage", "which shell? gpt completion bash, zsh or fish");
    await new Output().write(scripts[shell](await gatherVocabulary()));
  },
});

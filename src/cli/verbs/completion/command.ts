/** `gpt completion`: a script that teaches a shell the commands, their flags and their values. */
import { GptError } from "../../../errors.ts";
import { defineCommand } from "../../command.ts";
import { flagGroup, oneOf, value } from "../../flags/flags.ts";
import { Output } from "../../terminal/output.ts";
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import { gatherVocabulary } from "./vocabulary.ts";
import { zshScript } from "./zsh.ts";

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
  async handler({ shell }, { verbs }) {
    if (shell === undefined) throw new GptError("usage", "which shell? gpt completion bash, zsh or fish");
    await new Output().write(scripts[shell](await gatherVocabulary(verbs)));
  },
});

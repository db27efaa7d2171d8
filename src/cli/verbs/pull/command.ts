/** `gpt pull` downloads models from the Hugging Face hub into its cache. Other verbs do so with --pull alone. */
import { GptError } from "../../../errors.ts";
import type { Pulled } from "../../../hub/pull.ts";
import { defineCommand } from "../../command.ts";
import { flagGroup, list, text } from "../../flags/flags.ts";
import { jsonFlag, quietFlag } from "../../flags/output-flags.ts";
import { Output } from "../../terminal/output.ts";
import { fetchModel } from "./fetch-model.ts";

export const command = defineCommand({
  examples: [
    "gpt pull Qwen/Qwen3-0.6B",
    "gpt pull ggml-org/gemma-3-1b-it-GGUF:Q4_K_M",
    "gpt generate -m ggml-org/gemma-3-1b-it-GGUF:Q4_K_M",
    "HF_TOKEN=hf_... gpt pull meta-llama/Llama-3.2-1B@main",
  ],
  flags: {
    ...flagGroup("Models:", {
      name: list(text, "OWNER/NAME, OWNER/NAME:QUANT for a GGUF file, OWNER/NAME@REVISION", {
        inherited: false,
      }),
    }),
    ...flagGroup("Output:", { json: jsonFlag(), quiet: quietFlag("No progress, no summary") }),
  },
  async handler({ name: names = [], json, quiet = false }) {
    if (names.length === 0) throw new GptError("usage", "gpt pull OWNER/NAME: which model?");
    const output = new Output();
    for (const name of names) {
      const pulled = await fetchModel(name, quiet);
      if (json) await output.writeJson(recordOf(pulled));
      else await output.write(`${pulled.path}\n`);
    }
  },
});

const recordOf = ({ repository, revision, commit, path, files }: Pulled) => ({
  repository,
  revision,
  commit,
  path,
  files: files.map(({ path, size, wasThere }) => ({ path, bytes: size, was_there: wasThere })),
});

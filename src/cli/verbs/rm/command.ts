/** `gpt rm`: removes models from the Hugging Face cache, and tells the bytes that are free now. */
import { GptError } from "../../../errors.ts";
import { removeModel } from "../../../hub/remove.ts";
import { defineCommand } from "../../command.ts";
import { flagGroup, list, text, toggle } from "../../flags/flags.ts";
import { jsonFlag } from "../../flags/output-flags.ts";
import { bytes, counted } from "../../terminal/format.ts";
import { Output } from "../../terminal/output.ts";

export const command = defineCommand({
  examples: [
    "gpt rm Qwen/Qwen3-0.6B --dry-run",
    "gpt rm Qwen/Qwen3-0.6B",
    "gpt rm ggml-org/gemma-3-1b-it-GGUF:Q4_K_M",
  ],
  flags: {
    ...flagGroup("Models:", {
      name: list(text, "OWNER/NAME, OWNER/NAME:QUANT or OWNER/NAME@REVISION in the cache", {
        inherited: false,
      }),
      "dry-run": toggle("Tell what would be removed, and remove nothing", { inherited: false }),
    }),
    ...flagGroup("Output:", { json: jsonFlag() }),
  },
  async handler({ name: names = [], dryRun = false, json }) {
    if (names.length === 0)
      throw new GptError("usage", "gpt rm OWNER/NAME: which model? gpt models lists them");
    const output = new Output();
    for (const given of names) {
      const { name, files, freedBytes } = await removeModel(given, dryRun);
      if (json) await output.writeJson({ name, files, freed_bytes: freedBytes, dry_run: dryRun });
      else {
        const [done, freed] = dryRun ? ["would remove", "would be free"] : ["removed", "freed"];
        await output.write(
          `${done} ${name}: ${counted(files.length, "file")}, ${bytes(freedBytes)} ${freed}\n`,
        );
      }
    }
  },
});

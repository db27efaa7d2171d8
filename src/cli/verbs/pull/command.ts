/** `gpt pull`: fetches models from the Hugging Face hub into its cache. The only verb that reaches the network. */
import { GptError } from "../../../errors.ts";
import { type Pulled, pullModel } from "../../../hub/pull.ts";
import { defineCommand } from "../../command.ts";
import { flagGroup, list, text } from "../../flags/flags.ts";
import { jsonFlag, quietFlag } from "../../flags/output-flags.ts";
import { bytes, counted } from "../../terminal/format.ts";
import { interruptible } from "../../terminal/interrupt.ts";
import { Output, printable } from "../../terminal/output.ts";
import { startTransfer } from "./transfer.ts";

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
      const pulled = await pull(name, quiet);
      if (json) await output.writeJson(recordOf(pulled));
      else await output.write(`${pulled.path}\n`);
    }
  },
});

async function pull(name: string, quiet: boolean): Promise<Pulled> {
  const start = performance.now();
  let pulled: Pulled | undefined;
  try {
    await interruptible(async (signal) => {
      using transfer = startTransfer(name, quiet);
      pulled = await pullModel(name, {
        signal,
        onProgress: (done, total) => transfer.advance(done, total),
        onRetry: (reason, milliseconds) => transfer.say(reason, milliseconds),
      });
    });
  } catch (error) {
    if (!(error instanceof GptError) && !quiet) {
      process.stderr.write(`gpt: what came so far stays: gpt pull ${printable(name)} goes on from there\n`);
    }
    throw error;
  }
  if (pulled === undefined) throw new Error("a pull ended without a result");
  if (!quiet) process.stderr.write(`${summary(pulled, performance.now() - start)}\n`);
  return pulled;
}

/** `owner/name: 7 files, 1.2 GB, 1.1 GB of them new, in 34 s`. */
function summary({ repository, files }: Pulled, milliseconds: number): string {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const fetched = files.reduce((sum, { size, wasThere }) => sum + (wasThere ? 0 : size), 0);
  const seconds = milliseconds / 1000;
  const news =
    fetched === 0 ? "all there already" : `${bytes(fetched)} fetched in ${seconds.toPrecision(2)} s`;
  return `${repository}: ${counted(files.length, "file")}, ${bytes(total)}, ${news}`;
}

const recordOf = ({ repository, revision, commit, path, files }: Pulled) => ({
  repository,
  revision,
  commit,
  path,
  files: files.map(({ path, size, wasThere }) => ({ path, bytes: size, was_there: wasThere })),
});

/** Fetches a model and shows how far it is. */
import { GptError } from "../../../errors.ts";
import { findModel } from "../../../hub/find-model.ts";
import { type Pulled, pullModel } from "../../../hub/pull.ts";
import { referenceOf } from "../../../hub/reference.ts";
import { bytes, counted } from "../../terminal/format.ts";
import { interruptible } from "../../terminal/interrupt.ts";
import { printable } from "../../terminal/output.ts";
import { startTransfer } from "./transfer.ts";

/** @throws GptError as `pullModel`; Interrupted after a signal */
export async function fetchModel(name: string, quiet: boolean): Promise<Pulled> {
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

/** For `--pull`: fetches a model by its name on the hub, unless this machine has it. */
export async function fetchMissing(name: string | undefined, quiet = false): Promise<void> {
  if (name === undefined || referenceOf(name) === undefined) return;
  try {
    findModel(name);
  } catch (error) {
    if (!(error instanceof GptError && error.code === "not-found")) throw error;
    await fetchModel(name, quiet);
  }
}

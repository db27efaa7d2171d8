/** `gpt replay`: runs again what made a result, and compares. */
import { defineCommand } from "../../command.ts";
import { someFailedStatus } from "../../exit-codes.ts";
import { flagGroup, path, value } from "../../flags/flags.ts";
import { jsonFlag } from "../../flags/output-flags.ts";
import { interruptible } from "../../terminal/interrupt.ts";
import { Output, printable } from "../../terminal/output.ts";
import { recordedRun } from "./recorded-run.ts";
import { type Replay, replay } from "./replay.ts";

export const command = defineCommand({
  examples: [
    "gpt eval perplexity book.txt -m path/to/model --json > result.json",
    "gpt replay result.json",
    "gpt eval arc_easy -m path/to/model --data path/to/sets -o results.json && gpt replay results.json",
  ],
  flags: {
    ...flagGroup("Input:", {
      result: value(path, "A file with a result that has a manifest", { inherited: false }),
    }),
    ...flagGroup("Output:", { json: jsonFlag() }),
  },
  async handler({ result, json }) {
    const recorded = await recordedRun(result);
    await interruptible(async (signal) => {
      const found = await replay(recorded, signal);
      if (found.differences.length > 0) process.exitCode = someFailedStatus;
      const output = new Output();
      if (json) await output.writeJson({ command: recorded.command, ...found });
      else
        await output.write(
          lines(found)
            .map((line) => `${printable(line)}\n`)
            .join(""),
        );
    });
  },
});

function lines({ equal, differences, changed }: Replay): string[] {
  const [first] = differences;
  const circumstances = changed.map(({ what, recorded, found }) => `${what} was ${recorded}, is ${found}`);
  if (first === undefined) return [...circumstances, `equal: all ${equal} values`];
  const { path, recorded, found, byte } = first;
  const place = byte === undefined ? "" : ` from byte ${byte} on`;
  return [
    ...circumstances,
    `${equal} values are equal, ${differences.length} differ; the first is ${path.join(".")}${place}:`,
    `  recorded ${JSON.stringify(recorded)}`,
    `  found    ${JSON.stringify(found)}`,
  ];
}

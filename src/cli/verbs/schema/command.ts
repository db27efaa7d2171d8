/** `gpt schema`: what becomes of each keyword of a JSON schema. Loads no model. */
import { schemaReport } from "../../../constrain/notations/json-schema/report.ts";
import { defineCommand } from "../../command.ts";
import { flagGroup, path, toggle, value } from "../../flags/flags.ts";
import { schemaText } from "../../flags/grammar/flags.ts";
import { colorFlag } from "../../flags/output-flags.ts";
import { noText, readSource } from "../../terminal/input.ts";
import { Output, printable } from "../../terminal/output.ts";
import { styleFor } from "../../terminal/style.ts";
import { table } from "../../terminal/table.ts";

const EXAMPLE = "gpt schema person.json";

/** A schema that is refused, as files that ask for something that is not supported. */
const REFUSED = 4;

export const command = defineCommand({
  examples: [EXAMPLE, "gpt schema person.json --json", "cat person.json | gpt schema"],
  flags: {
    ...flagGroup("Input:", {
      file: value(path, "A file with a JSON schema [standard input: -]", { inherited: false }),
    }),
    ...flagGroup("Output:", {
      json: toggle("A line of JSON: the keywords, and the problem if there is one"),
    }),
    ...colorFlag,
  },
  async handler({ file, json, color }) {
    const content = (await readSource({ file, wholeFile: true })) ?? noText(EXAMPLE);
    const { uses, problem } = schemaReport(schemaText(content, file ?? "standard input"));
    if (problem !== undefined) process.exitCode = REFUSED;
    const output = new Output();
    if (json)
      return await output.writeJson({ keywords: uses, ok: problem === undefined, problem: problem ?? null });
    const style = styleFor(process.stdout, color);
    const rows = uses.map(({ pointer, keyword, treatment }) => [
      printable(pointer),
      printable(keyword),
      treatment,
    ]);
    await output.write(table([["where", "keyword", "treatment"], ...rows], [0, 1, 2]));
    await output.write(
      problem === undefined
        ? "every text keeps this schema\n"
        : `${style.red(`refused: ${printable(problem)}`)}\n`,
    );
  },
});

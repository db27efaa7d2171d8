/** `gpt eval list` and `gpt eval show TASK`. */
import { requestOf } from "../../../../evaluate/harness/requests.ts";
import { groups, tasks } from "../../../../evaluate/tasks/table.ts";
import { findModel } from "../../../../hub/find-model.ts";
import { engineOptions } from "../../../flags/model-flags.ts";
import { load, loadingText } from "../../../load.ts";
import { pageWidth, pairs } from "../../../terminal/format.ts";
import { Output } from "../../../terminal/output.ts";
import { startSpinner } from "../../../terminal/spinner.ts";
import type { EvalArguments } from "../flags.ts";
import { withChatTemplate } from "./chat-form.ts";
import { prepareAll } from "./run-tasks.ts";

export async function listTasks({ json }: EvalArguments): Promise<void> {
  const output = new Output();
  const all = [...groups, ...tasks];
  if (!json)
    return await output.write(
      pairs(
        all.map(({ name, describe }) => [name, describe]),
        pageWidth(),
      ),
    );
  for (const { name, describe } of all) await output.writeJson({ name, describe });
}

/** The texts that a model reads for one item, with the places where tokens end. */
export async function showTask(args: EvalArguments, signal: AbortSignal): Promise<void> {
  const { doc = 0 } = args;
  const plain = await prepareAll({ ...args, limit: doc + 1 });
  const path = findModel(args.model?.[0]);
  const { prepared } = await withChatTemplate(plain, path, args);
  using spinner = startSpinner(loadingText(path), args.quiet, args.color);
  await using model = await load(path, { ...engineOptions(args), signal }, spinner);
  spinner.stop();
  const output = new Output();
  const tokens = (ids: readonly number[]) => ids.map((id) => model.tokenizer.decode([id])).join("|");
  for (const { task, questions } of prepared) {
    const question = questions.find(({ item }) => item.id === doc);
    if (question === undefined) {
      await output.write(`${task.name}: there is no item ${doc}\n`);
      continue;
    }
    const { item, contexts, continuations, shots } = question;
    const requests = continuations.map((continuation, i) => {
      const request = requestOf(model, contexts[i] ?? (contexts[0] as string), continuation);
      const begin = request === undefined ? 0 : request.ids.length - request.scored;
      return {
        choice: i,
        isRight: item.gold.includes(i),
        tokens: [request?.context, request?.continuation],
        scored: request === undefined ? "does not fit" : tokens(request.ids.slice(begin)),
      };
    });
    if (args.json) {
      await output.writeJson({
        task: task.name,
        doc,
        shots,
        contexts,
        continuations,
        target: item.target,
        requests,
      });
      continue;
    }
    await output.write(`${task.name}, item ${doc}${shots.length > 0 ? `, shots ${shots.join(" ")}` : ""}\n`);
    for (const context of contexts) await output.write(`${context}\n--\n`);
    for (const { choice, isRight, tokens: [before = 0, own = 0] = [], scored } of requests) {
      await output.write(`${isRight ? "*" : " "} ${choice}: ${before} + ${own} tokens: ${scored}\n`);
    }
    if (requests.length === 0) await output.write(`target: ${item.target}\n`);
  }
}

/** Starts the page: reads the data that it carries, and draws them. */

import { unpack } from "../packing.ts";
import type { PageData } from "../page-data.ts";
import { carriedBytes, carriedText } from "./carried.ts";
import { startLive } from "./live/panel.ts";
import { Page } from "./page.ts";

async function start(): Promise<void> {
  const data = unpack<PageData>({ json: await carriedText("json"), bytes: await carriedBytes("arrays") });
  const page = new Page(data);
  await startLive(page);
}

start().catch((error: unknown) => {
  document.body.prepend(
    `The page cannot be shown: ${error instanceof Error ? error.message : String(error)}`,
  );
});

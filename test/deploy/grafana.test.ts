import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ServerMetrics } from "../../src/server/metrics.ts";
import { root } from "../habits/sources.ts";

interface Dashboard {
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
}

it("the dashboard shows all figures of the server, and no others", async () => {
  const { panels } = JSON.parse(readFileSync(join(root, "deploy/grafana.json"), "utf8")) as Dashboard;
  const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join("\n");
  const shown = queries.match(/\b(gpt_|llamacpp:)\w+/g)?.map((name) => name.replace(/_bucket$/, ""));
  const text = await new ServerMetrics(() => 0).text();
  const told = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  expect([...new Set(shown)].sort()).toEqual(told.sort());
});

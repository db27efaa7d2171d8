import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { GptError } from "../../src/errors.ts";
import { pruneModel } from "../../src/prune/prune-model.ts";
import type { PruneMethod } from "../../src/prune/table.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { describeWithShared, shared } from "../shared.ts";

const file = temporaryFolder();
const golden = shared("models/golden");
const isModel = (name: string) => existsSync(join(golden, name, "config.json"));
// A suite that is skipped has tests too.
const folders = existsSync(golden) ? readdirSync(golden).filter(isModel) : ["a model"];
const calibration = [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [3]];

describeWithShared("every family", () => {
  it.each(folders)("%s is pruned by half, or refused with one line", async (name) => {
    const prune = (method: PruneMethod) =>
      pruneModel(join(golden, name), file(`${name}-${method}`), {
        ...{ method, sparsity: 0.5, threads: 1 },
        ...(method === "magnitude" ? {} : { calibration }),
      }).catch((error: unknown) => {
        expect(error, String(error)).toBeInstanceOf(GptError);
        return undefined;
      });
    for (const method of ["magnitude", "wanda", "sparsegpt"] as const) {
      for (const { zeros, weights, name } of (await prune(method))?.matrices ?? []) {
        // Rows of odd lengths keep one weight more. All zeros would be a matrix that no row was seen to read.
        expect(zeros / weights, `${method} ${name}`).toBeGreaterThan(0.4);
        expect(zeros / weights, `${method} ${name}`).toBeLessThan(0.6);
      }
    }
    await prune("heads");
    await prune("layers");
  });
});

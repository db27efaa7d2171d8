import { chmodSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { loadModel } from "../../src/library/load-model.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { hostileCases } from "./corpus/index.ts";

const file = temporaryFolder();

describe("anything but a model is refused at once, on one line", () => {
  it.each(hostileCases.map((hostile, i) => [hostile.name, hostile, i] as const))(
    "%s",
    async (_name, hostile, i) => {
      const path = hostile.write(file(String(i)));
      const start = process.cpuUsage();
      const error = await rejectionOf(loadModel(path, { threads: 1 }));
      const { user, system } = process.cpuUsage(start);
      expect((user + system) / 1e6).toBeLessThan(1);
      expect(error.code).toBe(hostile.code);
      expect(error.message).toMatch(hostile.message);
      expect(error.message).toContain(file(String(i)));
    },
  );

  it.skipIf(process.seteuid === undefined)("a directory that may not be read", async () => {
    chmodSync(dirname(file("x")), 0o755);
    mkdirSync(file("closed"));
    chmodSync(file("closed"), 0o000);
    const user = process.geteuid?.() ?? 0;
    if (user === 0) process.seteuid?.(65534);
    try {
      const error = await rejectionOf(loadModel(file("closed")));
      expect(error.code).toBe("not-found");
      expect(error.message).toBe(`${file("closed")}: cannot be opened: you are not allowed to read it`);
    } finally {
      process.seteuid?.(user);
    }
  });
});

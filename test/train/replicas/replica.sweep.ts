import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { rejectionOf } from "../../fixtures/errors.ts";
import { batchOf } from "../short-run.ts";
import { members } from "./members.ts";

const { create, all, run, outerOf, weightsOf, file, die, isRejected } = members();

describe("replicas", { timeout: 120_000 }, () => {
  it("one alone with an outer step that takes its change as it is: a plain run", async () => {
    await run("alone", { number: 1, of: 1, settings: { innerSteps: 8, rate: 1, momentum: 0 } });
    await using trainer = await create({ threads: 1 });
    while (trainer.steps < 8) await trainer.step(batchOf(trainer.steps));
    await trainer.save(file("plain"));
    const [own, plain] = [weightsOf("alone", 1), readFileSync(file("plain", "model.safetensors"))];
    const begin = 8 + Number(plain.readBigUInt64LE(0));
    for (let i = begin; i < plain.length; i += 4) {
      const difference = Math.abs(own.readFloatLE(own.length - plain.length + i) - plain.readFloatLE(i));
      if (difference > 1e-7) expect([i, difference]).toEqual([i, 0]);
    }
  });

  it("end with the same weights, and with the same bytes in every run", async () => {
    await all("three", 3);
    await all("again", 3);
    expect(outerOf("again", 4).equals(outerOf("three", 4))).toBe(true);
    for (const number of [2, 3]) expect(weightsOf("three", number)).toEqual(weightsOf("three", 1));
    expect(weightsOf("again", 2)).toEqual(weightsOf("three", 1));
  });

  it("that are all killed go on to the same bytes", async () => {
    const waits = (outer: number) => {
      if (outer === 2) throw new Error("kill -9");
    };
    const first = run("killed", { number: 1, of: 2, before: die(3) });
    const other = run("killed", { number: 2, of: 2, observer: { waits } });
    expect(await Promise.all([first, other].map(isRejected))).toEqual([true, true]);
    await all("killed", 2);
    await all("whole", 2);
    expect(outerOf("killed", 4).equals(outerOf("whole", 4))).toBe(true);
    expect(weightsOf("killed", 2)).toEqual(weightsOf("whole", 1));
  });

  it("a signal while it waits saves the run, which goes on before the exchange", async () => {
    const stop = new AbortController();
    const waits = () => stop.abort(new Error("stopped"));
    const signal = stop.signal;
    await expect(run("signal", { number: 1, of: 2, signal, observer: { waits } })).rejects.toThrow("stopped");
    await all("signal", 2);
    expect(outerOf("signal", 4)).toEqual(outerOf("whole", 4));
  });

  it("refuse a replica with other settings, and one that is there already", async () => {
    await run("refused", { number: 1, of: 1, common: { "--inner-steps": 2 } });
    const other = run("refused", { number: 1, of: 1, common: { "--inner-steps": 3 }, steps: 9 });
    const problem = "its replicas have --inner-steps 2, this one has 3: give all of them the same";
    expect((await rejectionOf(other)).message).toContain(problem);
    const twins = [run("twins", { number: 1, of: 1 }), run("twins", { number: 1, of: 1 })];
    const ends = await Promise.allSettled(twins);
    expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  it("refuse a folder that is behind the run", async () => {
    await run("ahead", { number: 1, of: 1 });
    const work = run("ahead", { number: 1, of: 1, steps: 12, settings: { folder: file("empty") } });
    expect((await rejectionOf(work)).message).toContain("is at outer step 0, and this run at 4");
  });
});

import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { rejectionOf } from "../../fixtures/errors.ts";
import { batchOf } from "../short-run.ts";
import { type Member, members } from "./members.ts";

const { create, run, outerOf, weightsOf, namesIn, file } = members();

const all = (folder: string, count: number, member: Partial<Member> = {}) =>
  Promise.all(Array.from({ length: count }, (_, i) => run(folder, { ...member, number: i + 1, of: count })));

const isRejected = (work: Promise<unknown>) =>
  work.then(
    () => false,
    () => true,
  );

const die = (at: number) => (step: number) => {
  if (step === at) throw new Error("kill -9");
};

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

  it("keep the last three outer states, and nothing of their own", async () => {
    await all("pruned", 2, { steps: 12 });
    const outer = namesIn("pruned").filter((name) => name.startsWith("outer"));
    expect(outer).toEqual([4, 5, 6].map((outer) => `outer-${outer}.safetensors`));
    expect(namesIn("pruned").filter((name) => /^(change|replica|\.)/.test(name))).toEqual([
      "change-5-1.safetensors",
      "change-5-2.safetensors",
    ]);
  });

  it("end with a shorter round, and go on from there", async () => {
    await all("short", 2, { steps: 3 });
    expect(outerOf("short", 2).includes('"steps":"3"')).toBe(true);
    await all("short", 2, { steps: 6 });
    expect(outerOf("short", 4).includes('"steps":"6"')).toBe(true);
    expect(weightsOf("short", 1)).toEqual(weightsOf("short", 2));
  });

  it.each(["f16", "q4_0"] as const)("may send changes in %s", async (change) => {
    await all(change, 2, { settings: { change } });
    expect(weightsOf(change, 1)).toEqual(weightsOf(change, 2));
    expect(weightsOf(change, 1).equals(weightsOf("three", 1))).toBe(false);
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

  it("leave out one that is gone, and take it back when it returns", async () => {
    const exchanged = vi.fn();
    const back = vi.fn();
    let returned: Promise<void> | undefined;
    const settings = { waitSeconds: 0.5 };
    const first = isRejected(run("left", { number: 2, of: 2, steps: 12, settings, before: die(3) }));
    const other = run("left", {
      ...{ number: 1, of: 2, steps: 12, settings, observer: { exchanged } },
      async before(step) {
        if (step !== 6) return;
        const own = { number: 2, of: 2, steps: 12, settings: { waitSeconds: 30 } };
        returned = run("left", { ...own, observer: { joined: back } });
        await vi.waitUntil(() => namesIn("left").includes("begun-3-2"), { timeout: 20_000 });
      },
    });
    expect(await first).toBe(true);
    await other;
    await returned;
    expect(exchanged.mock.calls.map(([outer, replicas]) => [outer, replicas])).toEqual([
      [1, [1, 2]],
      [2, [1]],
      [3, [1]],
      ...[4, 5, 6].map((outer) => [outer, [1, 2]]),
    ]);
    expect(back).toHaveBeenCalledWith(3, 6);
    expect(weightsOf("left", 1)).toEqual(weightsOf("left", 2));
  });

  it("a newcomer begins with the last outer state, and its moments there", async () => {
    await run("new", { number: 1, of: 2, steps: 6, settings: { waitSeconds: 0.1 } });
    const joined = vi.fn();
    await run("new", { number: 2, of: 2, steps: 8, settings: { waitSeconds: 0.1 }, observer: { joined } });
    expect(joined).toHaveBeenCalledWith(3, 6);
    expect(namesIn("new")).toContain("outer-4.safetensors");
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

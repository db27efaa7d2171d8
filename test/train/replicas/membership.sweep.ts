/** Replicas that come and go, rounds that are shorter, changes in fewer bits, and what stays in the folder. */
import { describe, expect, it, vi } from "vitest";
import { members } from "./members.ts";

const { all, run, outerOf, weightsOf, namesIn, die, isRejected } = members();

describe("replicas", { timeout: 120_000 }, () => {
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
    await all(`${change}-f32`, 2);
    expect(weightsOf(change, 1)).toEqual(weightsOf(change, 2));
    expect(weightsOf(change, 1).equals(weightsOf(`${change}-f32`, 1))).toBe(false);
  });

  it("leave out one that is gone, and take it back when it returns", async () => {
    const exchanged = vi.fn();
    const back = vi.fn();
    let returned: Promise<void> | undefined;
    const settings = { waitSeconds: 2 };
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
});

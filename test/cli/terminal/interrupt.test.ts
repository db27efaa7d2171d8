import { describe, expect, it } from "vitest";
import { Interrupted, interruptible } from "../../../src/cli/terminal/interrupt.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const listeners = () => signals.map((name) => process.listenerCount(name));

describe("interruptible", () => {
  it("lets work end by itself, and pass on its errors", async () => {
    const before = listeners();
    await interruptible(async (signal) => expect(signal.aborted).toBe(false));
    const failing = interruptible(() => Promise.reject(new Error("broken")));
    await expect(failing).rejects.toThrow("broken");
    expect(listeners()).toEqual(before);
  });

  it.each(["SIGINT", "SIGTERM"] as const)("ends with %s after the work has", async (name) => {
    const before = listeners();
    let written = "";
    const work = interruptible(async (signal) => {
      process.emit(name, name);
      expect(signal.aborted).toBe(true);
      await Promise.resolve();
      expect(listeners().slice(0, 2)).toEqual(before.slice(0, 2)); // the next signal ends the process
      written = "what there is";
    });
    const error = await work.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(Interrupted);
    expect(error).toMatchObject({ signal: name });
    expect(written).toBe("what there is");
  });

  it("ends once with SIGHUP, however often a closed terminal is told of", async () => {
    const before = listeners();
    let times = 0;
    const work = interruptible(async (signal) => {
      signal.addEventListener("abort", () => times++);
      process.emit("SIGHUP", "SIGHUP");
      await Promise.resolve();
      expect(process.emit("SIGHUP", "SIGHUP")).toBe(true); // somebody listens: the system does not end the process
    });
    await expect(work).rejects.toMatchObject({ signal: "SIGHUP" });
    expect(times).toBe(1);
    expect(listeners()).toEqual(before);
  });

  it("takes an error after the signal for its consequence", async () => {
    const work = interruptible(async () => {
      process.emit("SIGINT", "SIGINT");
      throw new Error("the reader has gone too");
    });
    await expect(work).rejects.toBeInstanceOf(Interrupted);
  });
});

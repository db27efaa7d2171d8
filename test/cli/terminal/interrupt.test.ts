import { describe, expect, it } from "vitest";
import { Interrupted, interruptible } from "../../../src/cli/terminal/interrupt.ts";

const listeners = () => process.listenerCount("SIGINT") + process.listenerCount("SIGTERM");

describe("interruptible", () => {
  it("lets work end by itself, and pass on its errors", async () => {
    const before = listeners();
    await interruptible(async (signal) => expect(signal.aborted).toBe(false));
    const failing = interruptible(() => Promise.reject(new Error("broken")));
    await expect(failing).rejects.toThrow("broken");
    expect(listeners()).toBe(before);
  });

  it.each(["SIGINT", "SIGTERM"] as const)("ends with %s after the work has", async (name) => {
    const before = listeners();
    let written = "";
    const work = interruptible(async (signal) => {
      process.emit(name, name);
      expect(signal.aborted).toBe(true);
      await Promise.resolve();
      expect(listeners()).toBe(before); // the next signal ends the process
      written = "what there is";
    });
    const error = await work.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(Interrupted);
    expect(error).toMatchObject({ signal: name });
    expect(written).toBe("what there is");
  });

  it("takes an error after the signal for its consequence", async () => {
    const work = interruptible(async () => {
      process.emit("SIGINT", "SIGINT");
      throw new Error("the reader has gone too");
    });
    await expect(work).rejects.toBeInstanceOf(Interrupted);
  });
});

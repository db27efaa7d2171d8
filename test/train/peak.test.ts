import { describe, expect, it } from "vitest";
import { Runtime } from "../../src/compute/runtime.ts";
import { productPeak } from "../../src/train/peak.ts";

describe("productPeak", () => {
  it("is a rate that a machine can have, and leaves no memory taken", async () => {
    const runtime = Runtime.get("plain");
    const peak = await productPeak(runtime, 1);
    expect(peak).toBeGreaterThan(1e7);
    expect(peak).toBeLessThan(1e13);
    const after = runtime.memory.allocated;
    await productPeak(runtime, 1);
    expect(runtime.memory.allocated).toBe(after);
  });
});

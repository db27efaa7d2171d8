import { afterEach, describe, expect, it, vi } from "vitest";
import { loadingBar, tellingProgress } from "../../src/cli/load.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the progress of loading", () => {
  it("is a bar with bytes", () => {
    expect(loadingBar(658e6, 1_316e6)).toBe("██████████░░░░░░░░░░ 658 MB of 1.32 GB");
    expect(loadingBar(5, 5)).toBe("████████████████████ 5 bytes of 5 bytes");
    expect(loadingBar(0, 0)).toBe("░░░░░░░░░░░░░░░░░░░░ 0 bytes of 0 bytes");
  });

  it("is shown when a second has passed", () => {
    const said: string[] = [];
    const clock = vi.spyOn(performance, "now").mockReturnValue(5000);
    const spinner = { say: (text: string) => said.push(text), stop: () => {}, [Symbol.dispose]: () => {} };
    const { onProgress } = tellingProgress("somewhere/tiny", spinner);
    clock.mockReturnValue(5900);
    onProgress(1e6, 4e6);
    expect(said).toEqual([]);
    clock.mockReturnValue(6100);
    onProgress(2e6, 4e6);
    expect(said).toEqual([expect.stringContaining("tiny ██████████░░░░░░░░░░ 2.00 MB of 4.00 MB")]);
  });
});

import { describe, expect, it } from "vitest";
import {
  changed,
  settingNamed,
  settingsOf,
  settingsTable,
  settingTexts,
} from "../../../../../src/cli/verbs/generate/interactive/settings.ts";
import type { GenerateOptions } from "../../../../../src/generate/options/options.ts";

/** As a person types it. */
const set = (options: GenerateOptions, name: string, value: string) =>
  changed(options, settingNamed(name), settingTexts(value));

describe("settings", () => {
  it("have the flags' names, short ones and other tools' too", () => {
    const names = ["temp", "temperature", "top_k", "--top-p", "num-beams", "n", "-s", "r"].map(settingNamed);
    expect(names).toEqual(["temp", "temp", "top-k", "top-p", "beams", "max-tokens", "seed", "stop"]);
    expect(() => settingNamed("tmep")).toThrow('there is no setting "tmep": did you mean temp?');
    expect(() => settingNamed("logprobs")).toThrow("there is no setting");
    expect(() => settingNamed("constructor")).toThrow("there is no setting");
  });

  it("are checked as the flags are", () => {
    expect(set({ topK: 3 }, "temp", "0.5")).toEqual({ topK: 3, temperature: 0.5 });
    expect(() => set({}, "temp", "-1")).toThrow("temp: expected a number from 0, found -1");
    expect(() => set({}, "top-k", "many")).toThrow('expected a number, found "many"');
    expect(() => set({}, "overflow", "explode")).toThrow("expected error, truncate-left, shift");
    expect(set({}, "ignore-eos", "on")).toEqual({ ignoreEos: true });
    expect(() => set({}, "ignore-eos", "maybe")).toThrow("expected 1, true, yes or on");
  });

  it("have their defaults again", () => {
    expect(set({ topK: 3, stop: ["x"] }, "stop", "default")).toEqual({ topK: 3 });
  });

  it("take texts as they are, or in quotes as in JSON", () => {
    expect(set({}, "stop", "The end.")).toEqual({ stop: ["The end."] });
    expect(set({}, "stop", '"\\n"')).toEqual({ stop: ["\n"] });
    expect(set({}, "stop", '["a", "b"]')).toEqual({ stop: ["a", "b"] });
    expect(() => set({}, "stop", '"open')).toThrow("as in JSON");
    expect(() => set({}, "stop", "[1]")).toThrow("as in JSON");
  });

  it("come back from JSON as they were", () => {
    const options: GenerateOptions = {
      temperature: 1e-7,
      stop: ["\n", "default"],
      logitBias: new Map([
        [3, 0.0000001],
        [4, Number.NEGATIVE_INFINITY],
        [5, -1.5],
      ]),
      earlyStopping: "never",
      ignoreEos: true,
      maxTime: 1.5,
      overflow: "shift",
      seed: 4,
    };
    const stored: Record<string, string | number | boolean | readonly string[]> = JSON.parse(
      JSON.stringify(settingsOf(options)),
    );
    let restored: GenerateOptions = {};
    for (const [name, value] of Object.entries(stored)) {
      restored = changed(restored, settingNamed(name), [value].flat().map(String));
    }
    expect(restored).toEqual(options);
  });

  it("are shown with what differs from the model's defaults", () => {
    const table = settingsTable({ temperature: 0.5, seed: 9, stop: ["\n"] }, { topK: 7 });
    expect(table).toMatch(/^temp +0\.5 {2}\(default 0\.8\)$/m);
    expect(table).toMatch(/^top-k +7$/m);
    expect(table).toMatch(/^seed +9$/m);
    expect(table).toMatch(/^stop +\["\\n"\] {2}\(default none\)$/m);
    expect(table).toMatch(/^max-time +none$/m);
    expect(settingsTable({}, {}, ["beams"])).toBe("beams  1\n");
    expect(settingsTable({}, { beams: 4 }, ["beams"])).toBe("beams  4\n");
    expect(settingsTable({ topK: 5 }, { beams: 4 }, ["beams"])).toBe("beams  1\n");
  });
});

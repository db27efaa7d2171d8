import { describe, expect, it } from "vitest";
import { repeatedName } from "../../src/files/json.ts";

describe("repeatedName", () => {
  it.each([
    ["{}", undefined],
    ['{"a": {"b": 1}, "b": {"a": [1], "a": "}"}}', undefined],
    ['{"a": {"x": "\\\\"}, "b": ["{", "\\"a\\""], "a": {}}', "a"],
    ['{"\\u0061": {}, "a": {}}', "a"],
    ['{"": {}, "": []}', ""],
  ])("of %s is %j", (json, name) => {
    JSON.parse(json);
    expect(repeatedName(json)).toBe(name);
  });
});

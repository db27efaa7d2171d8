import { describe, expect, it } from "vitest";
import { Admission } from "../../src/server/admission.ts";

const never = new AbortController().signal;

describe("admission", () => {
  it("lets clients take turns, however much one of them asks", async () => {
    const admission = new Admission(1, 100);
    const order: string[] = [];
    const run = (client: string, name: string) =>
      admission.run(client, never, async () => {
        order.push(name);
        await Promise.resolve();
      });
    await Promise.all([
      ...["a1", "a2", "a3", "a4"].map((name) => run("a", name)),
      ...["b1", "b2"].map((name) => run("b", name)),
      run("c", "c1"),
    ]);
    expect(order).toEqual(["a1", "b1", "c1", "a2", "b2", "a3", "a4"]);
  });

  it("gives up the place of work that is aborted while it waits", async () => {
    const admission = new Admission(1, 100);
    let end = () => {};
    const first = admission.run("a", never, () => new Promise<void>((resolve) => (end = resolve)));
    const leaving = new AbortController();
    const second = admission.run("b", leaving.signal, async () => "ran");
    const third = admission.run("c", never, async () => "ran");
    leaving.abort(new Error("left"));
    await expect(second).rejects.toThrow("left");
    expect(admission.waiting).toBe(1);
    end();
    await first;
    expect(await third).toBe("ran");
  });

  it("goes on after work that fails", async () => {
    const admission = new Admission(1, 100);
    const fails = admission.run("a", never, () => Promise.reject(new Error("broken")));
    const next = admission.run("a", never, async () => "ran");
    await expect(fails).rejects.toThrow("broken");
    expect(await next).toBe("ran");
  });

  it("refuses more than may wait beside those that may run", () => {
    const admission = new Admission(2, 3);
    admission.check(5);
    expect(() => admission.check(6)).toThrow("try again later");
  });
});

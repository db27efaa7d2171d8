import { describe, expect, it, vi } from "vitest";
import { inheritedSocket, SystemdNotifier } from "../../src/server/systemd.ts";

const own = String(process.pid);

describe("inheritedSocket", () => {
  it("is descriptor 3, for the process that the environment names, and for no other", () => {
    const env = { LISTEN_PID: own, LISTEN_FDS: "1", LISTEN_FDNAMES: "gpt.socket", HOME: "/" };
    expect(inheritedSocket(env)).toBe(3);
    expect(env).toEqual({ HOME: "/" });
    expect(inheritedSocket(env)).toBeUndefined();
    expect(inheritedSocket({ LISTEN_PID: "1", LISTEN_FDS: "1" })).toBeUndefined();
  });

  it("is one", () => {
    for (const LISTEN_FDS of ["2", "0", "x"]) {
      expect(() => inheritedSocket({ LISTEN_PID: own, LISTEN_FDS })).toThrow(
        `found LISTEN_FDS=${LISTEN_FDS}`,
      );
    }
  });
});

describe("SystemdNotifier", () => {
  it("says once that systemd cannot be told, and is silent where it has not asked", async () => {
    const problems: string[] = [];
    const asked = { NOTIFY_SOCKET: "/run/none", PATH: "/nowhere", WATCHDOG_USEC: "20000" };
    using notifier = new SystemdNotifier(asked, (problem) => problems.push(problem));
    notifier.ready("it listens");
    notifier.stopping();
    await vi.waitFor(() => expect(problems).toHaveLength(1));
    expect(problems[0]).toMatch(/^systemd waits for systemd-notify, which does not work: .*ENOENT/);
    using silent = new SystemdNotifier({ PATH: "/nowhere" }, (problem) => problems.push(problem));
    silent.ready("it listens");
    silent.stopping();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(problems).toHaveLength(1);
  });
});

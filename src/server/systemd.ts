/**
 * What systemd and a service tell each other: a socket that systemd has opened (sd_listen_fds), and states of
 * the service (sd_notify): https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html.
 *
 * States go to a datagram socket, which Node cannot open; the packages that can (unix-dgram, sd-notify) are
 * compiled at installation. So systemd's own program sends them: the unit says NotifyAccess=all.
 */
import { spawn } from "node:child_process";
import { GptError } from "../errors.ts";

/** The first descriptor that is passed on. */
const FIRST_SOCKET = 3;
const PROGRAM = "systemd-notify";

/**
 * The socket that systemd has opened for this process, if any. Processes that this one starts see nothing of it.
 *
 * @throws GptError `usage` for several sockets
 */
export function inheritedSocket(env: NodeJS.ProcessEnv): number | undefined {
  const { LISTEN_PID: pid, LISTEN_FDS: count } = env;
  if (pid !== String(process.pid)) return undefined;
  for (const name of ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]) delete env[name];
  if (count === "1") return FIRST_SOCKET;
  throw new GptError(
    "usage",
    `expected one socket from systemd, found LISTEN_FDS=${count}: name one in the unit`,
  );
}

/** Tells systemd the states of the service. Does nothing where systemd has not asked. */
export class SystemdNotifier implements Disposable {
  readonly #env: NodeJS.ProcessEnv;
  readonly #onFault: (problem: string) => void;
  #hasFailed = false;
  #watchdog: NodeJS.Timeout | undefined;

  /** @param onFault hears once that systemd cannot be told */
  constructor(env: NodeJS.ProcessEnv, onFault: (problem: string) => void) {
    this.#env = env;
    this.#onFault = onFault;
  }

  /** The model is loaded. From now on the watchdog hears of a loop that turns, twice in each of its periods. */
  ready(status: string): void {
    this.#notify("READY=1", `STATUS=${status}`);
    const { WATCHDOG_USEC: period, WATCHDOG_PID: pid = String(process.pid) } = this.#env;
    if (!(Number(period) > 0) || pid !== String(process.pid)) return;
    this.#watchdog = setInterval(() => this.#notify("WATCHDOG=1"), Number(period) / 2000);
    this.#watchdog.unref();
  }

  stopping(): void {
    this.#notify("STOPPING=1");
  }

  [Symbol.dispose](): void {
    clearInterval(this.#watchdog);
  }

  #notify(...states: readonly string[]): void {
    if (!this.#env.NOTIFY_SOCKET) return;
    const child = spawn(PROGRAM, states, { env: this.#env, stdio: "ignore" });
    child.once("error", ({ message }) => this.#fail(message));
    child.once("exit", (status) => status !== 0 && this.#fail(`its exit status is ${status}`));
    child.unref();
  }

  #fail(reason: string): void {
    if (!this.#hasFailed) this.#onFault(`systemd waits for ${PROGRAM}, which does not work: ${reason}`);
    this.#hasFailed = true;
  }
}

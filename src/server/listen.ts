/** Where a server listens: an address of the network, a socket file, or a socket that systemd has opened. */
import { once } from "node:events";
import { chmodSync, rmSync, statSync } from "node:fs";
import { type AddressInfo, connect, type Server } from "node:net";

export type ListenAddress =
  /** Port 0 takes a free one. */
  | { readonly host: string; readonly port: number }
  | { readonly path: string }
  /** A descriptor of a socket that listens. */
  | { readonly fd: number };

/** The owner of the socket file and the group may connect. */
const SOCKET_MODE = 0o660;

/**
 * @returns where clients find it: `http://127.0.0.1:8080`, or `unix:/run/gpt.sock`
 * @throws the error of an address that is taken, with its `code`
 */
export async function listen(server: Server, address: ListenAddress): Promise<string> {
  if ("path" in address && isSocket(address.path) && (await isLeft(address.path))) rmSync(address.path);
  server.listen(address);
  await once(server, "listening");
  if ("path" in address) chmodSync(address.path, SOCKET_MODE);
  return textOf(server.address() as AddressInfo | string);
}

const isSocket = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;

/** Whether nothing listens to a socket file: its server was killed. */
const isLeft = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    const tell = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket.once("connect", () => tell(false));
    socket.once("error", ({ code }: NodeJS.ErrnoException) => tell(code === "ECONNREFUSED"));
  });

function textOf(address: AddressInfo | string): string {
  if (typeof address === "string") return `unix:${address}`;
  const { address: host, port, family } = address;
  return `http://${family === "IPv6" ? `[${host}]` : host}:${port}`;
}

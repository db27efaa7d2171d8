/** Where `gpt serve` listens, and who may ask there. */
import { isIP } from "node:net";
import { GptError } from "../../../errors.ts";
import { quote } from "../../../files/quote.ts";
import type { ListenAddress } from "../../../server/listen.ts";
import { ModelServer } from "../../../server/server.ts";
import { inheritedSocket } from "../../../server/systemd.ts";
import { HOST, PORT, type ServeFlags } from "./flags.ts";

/**
 * Listens, before the model is loaded.
 *
 * @throws GptError `usage` for an address that is taken, is not one of this machine, or is one that others reach
 *   without a key
 */
export async function startServer(args: ServeFlags, env: NodeJS.ProcessEnv): Promise<ModelServer> {
  const address = listenAddress(args, env);
  const { apiKey: keys = [], allowHost = [], corsOrigin: origins = [], insecure = false } = args;
  const isOpen = keys.length > 0 || insecure;
  if ("host" in address && !isOpen && !isOwnAddress(address.host)) throw reachable(address.host);
  // A page that makes a name resolve to this machine has no key, and cannot reach a socket file.
  const needsKnownHost = "host" in address ? isOwnAddress(address.host) : "fd" in address && !isOpen;
  const server = await listen({
    ...{ address, keys, origins, hosts: needsKnownHost ? allowHost : ["*"] },
    onFault: (error) => process.stderr.write(`gpt: ${(error as Error).stack ?? error}\n`),
  });
  const { protocol, hostname } = new URL(server.url);
  if (isOpen || protocol === "unix:" || isOwnAddress(hostname)) return server;
  await server.close(0);
  throw reachable(hostname);
}

function listenAddress({ host, port, listen }: ServeFlags, env: NodeJS.ProcessEnv): ListenAddress {
  const isGiven = host !== undefined || port !== undefined;
  const fd = inheritedSocket(env);
  if (fd !== undefined) {
    if (!isGiven && listen === undefined) return { fd };
    throw new GptError("usage", "systemd gives the socket: leave --host, --port and --listen out");
  }
  if (listen === undefined) return { host: host ?? HOST, port: port ?? PORT };
  const [, path] = /^unix:(.+)$/.exec(listen) ?? [];
  if (path === undefined) throw new GptError("usage", `--listen: expected unix:PATH, found ${quote(listen)}`);
  if (isGiven)
    throw new GptError("usage", "--listen stands for an address and a port: leave --host and --port out");
  return { path };
}

const isOwnAddress = (host: string): boolean =>
  host === "localhost" || /^\[?::1\]?$/.test(host) || (isIP(host) === 4 && host.startsWith("127."));

function reachable(host: string): GptError {
  const advice = "give a key (--api-key), or say that all may ask (--insecure)";
  return new GptError("usage", `${host} is an address that others reach: ${advice}`);
}

async function listen(options: Parameters<typeof ModelServer.listen>[0]): Promise<ModelServer> {
  try {
    return await ModelServer.listen(options);
  } catch (error) {
    const problem = problemOf((error as NodeJS.ErrnoException).code ?? "", options.address);
    throw problem === undefined ? error : new GptError("usage", problem);
  }
}

function problemOf(code: string, address: ListenAddress): string | undefined {
  if ("fd" in address) return `the socket that systemd gives cannot be used: ${code}`;
  if ("path" in address) {
    const { path } = address;
    const problems: Readonly<Record<string, string>> = {
      EADDRINUSE: `${path} is taken: choose another socket file (--listen)`,
      // libuv says so too if the folder is missing.
      EACCES: `${path}: its folder is missing or not for this user: choose another socket file (--listen)`,
      EINVAL: `${path}: the path of a socket file has at most 107 bytes`,
    };
    return problems[code];
  }
  const { host, port } = address;
  const problems: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} is taken at ${host}: choose another (--port), 0 takes a free one`,
    EADDRNOTAVAIL: `${host} is no address of this machine: choose another (--host)`,
    ENOTFOUND: `${host} is no address: choose another (--host)`,
    EACCES: `port ${port} is not for this user: choose one from 1024 on (--port)`,
  };
  return problems[code];
}

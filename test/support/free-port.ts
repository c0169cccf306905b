import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { waitFor } from '../../src/lib/abort.js';

/** A port of 127.0.0.1 on which nobody listens at the moment. */
export async function freePort(): Promise<number> {
  const server = await listen(0);
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Takes a port that somebody is about to give up. */
export const takePort = (port: number): Promise<Server> =>
  waitFor({ timeoutMs: 20_000, what: `port ${port} to be given up` }, () => listen(port));

async function listen(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

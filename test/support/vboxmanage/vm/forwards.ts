import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import type { Forward } from '../model.js';

/** Port forwards as listeners of this process; where they lead is asked at every connection. */
interface Forwards {
  /** False when the port is taken. */
  open(forward: Forward): Promise<boolean>;
  close(forward: Forward): Promise<void>;
}

/** `guest` is the address of the machine; undefined when nobody answers there. Only TCP. */
export function tcpForwards(guest: () => string | undefined): Forwards {
  const servers = new Map<string, Server>();
  return {
    async open(forward) {
      if (forward.protocol !== 'tcp') return true;
      const server = createServer({ noDelay: true }, (client) => {
        client.on('error', () => client.destroy());
        const host = guest();
        if (host === undefined) {
          client.destroy();
          return;
        }
        const inner = connect({ host, port: forward.guestPort, noDelay: true });
        inner.on('error', () => client.destroy());
        inner.once('close', () => client.destroy());
        client.once('close', () => inner.destroy());
        client.pipe(inner).pipe(client);
      });
      try {
        server.listen(forward.hostPort, forward.hostIp === '' ? '0.0.0.0' : forward.hostIp);
        await once(server, 'listening');
      } catch {
        return false;
      }
      servers.set(forward.name, server);
      return true;
    },
    async close({ name }) {
      const server = servers.get(name);
      servers.delete(name);
      server?.close();
    },
  };
}
